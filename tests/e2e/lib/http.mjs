// SPDX-License-Identifier: MIT
// Requests with nothing added behind the test's back: `exchange` for whole requests, `Raw` for exact bytes.
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { until } from './process.mjs'

// One request on a connection of its own. Resolves to {status, headers, body (Buffer), text}.
export function exchange (port, { method = 'POST', path = '/', headers = {}, body = '', timeoutMs = 15000, agent = false, chunked = false } = {}) {
  const bytes = Buffer.from(body)
  const framing = chunked ? { 'Transfer-Encoding': 'chunked' } : bytes.length > 0 || method === 'POST' ? { 'Content-Length': bytes.length } : {}
  return new Promise((resolve, reject) => {
    const req = httpRequest({ host: '127.0.0.1', port, method, path, agent, headers: { ...framing, ...headers }, timeout: timeoutMs })
    req.on('timeout', () => req.destroy(new Error(`no answer within ${timeoutMs} ms`)))
    req.on('error', reject)
    req.on('response', (res) => {
      const parts = []
      res.on('data', (d) => parts.push(d))
      res.on('error', reject)
      res.on('end', () => {
        const all = Buffer.concat(parts)
        resolve({ status: res.statusCode, headers: res.headers, body: all, text: all.toString() })
      })
    })
    req.end(bytes)
  })
}

// Splits answers with Content-Length, chunked or without body (1xx, 204, 304) off the front of a byte stream.
export function parseAnswers (bytes) {
  const answers = []
  for (let rest = bytes; ;) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) return answers
    const [line, ...fields] = rest.subarray(0, end).toString('latin1').split('\r\n')
    const headers = Object.fromEntries(fields.map((f) => [f.slice(0, f.indexOf(':')).toLowerCase(), f.slice(f.indexOf(':') + 1).trim()]))
    const status = Number(line.split(' ')[1])
    const bodyless = status < 200 || status === 204 || status === 304
    const { body, next } = takeBody(rest.subarray(end + 4), headers, bodyless)
    if (body === undefined) return answers
    answers.push({ line, status, headers, body, text: body.toString() })
    rest = next
  }
}

function takeBody (rest, headers, bodyless) {
  if (bodyless) return { body: Buffer.alloc(0), next: rest }
  if (headers['transfer-encoding'] === 'chunked') return takeChunks(rest)
  const n = Number(headers['content-length'] ?? rest.length)
  return rest.length < n ? {} : { body: rest.subarray(0, n), next: rest.subarray(n) }
}

function takeChunks (rest) {
  const parts = []
  for (;;) {
    const end = rest.indexOf('\r\n')
    const n = parseInt(rest.subarray(0, end).toString(), 16)
    if (end < 0 || rest.length < end + 2 + n + 2) return {}
    parts.push(rest.subarray(end + 2, end + 2 + n))
    rest = rest.subarray(end + 2 + n + 2)
    if (n === 0) return { body: Buffer.concat(parts), next: rest }
  }
}

// A TCP connection that sends what it is told and remembers what came back.
export class Raw {
  static async open (port) {
    const raw = new Raw()
    raw.received = Buffer.alloc(0)
    raw.closed = false
    raw.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    raw.socket.on('data', (d) => { raw.received = Buffer.concat([raw.received, d]) })
    raw.socket.on('error', () => { raw.closed = true })
    raw.socket.on('end', () => { raw.closed = true })
    raw.socket.on('close', () => { raw.closed = true })
    await new Promise((resolve, reject) => raw.socket.once('connect', resolve).once('error', reject))
    return raw
  }

  send (bytes) { if (!this.socket.destroyed) this.socket.write(bytes) }
  answers () { return parseAnswers(this.received) }
  async answer (n = 1, timeoutMs = 10000) {
    await until(`answer ${n}`, () => this.answers().length >= n || this.closed, timeoutMs)
    return this.answers()[n - 1]
  }

  async gone (timeoutMs = 10000) { await until('the end of the connection', () => this.closed, timeoutMs) }
  close () { this.socket.destroy() }
}

// Sends the bytes on a connection of their own; resolves to {answers, closed} once it was closed or an answer came.
export async function rawExchange (port, bytes, { timeoutMs = 10000, wait = 1 } = {}) {
  const raw = await Raw.open(port)
  raw.send(bytes)
  try {
    await raw.answer(wait, timeoutMs)
    return { answers: raw.answers(), closed: raw.closed, received: raw.received }
  } finally {
    raw.close()
  }
}
