// SPDX-License-Identifier: MIT
// Senders that do not give up: each record has a word of its own and is sent again, as its protocol says, until it is
// acknowledged. What happened to each is kept, so that a test can ask for every one of them and explain every copy.
import { Agent } from 'node:http'
import snappy from 'snappy'
import { exchange } from './http.mjs'
import { sleep } from './process.mjs'
import { fixed64, int, len } from './pb.mjs'
import { PATHS, TYPES, logRequest } from './samples.mjs'
import { EMAIL } from './secrets.mjs'

let unique = 0
export const newWord = () => `record-${process.pid}-${++unique}-end`
const text = (word) => `mail to ${EMAIL} ${word}`
const nanos = () => BigInt(Date.now()) * 1000000n

const otlp = { retries: (status) => [429, 502, 503, 504].includes(status), success: (status) => status === 200 }
// Promtail: 429 and 5xx, ten times, from 0.5 s to 5 min; Retry-After is not looked at.
const promtail = { retries: (status) => status === 429 || status >= 500, success: (status) => status === 204, headers: { 'User-Agent': 'promtail/3.5' }, minMs: 500, maxMs: 300000, tries: 10, ignoresRetryAfter: true }

export const KINDS = {
  'OTLP protobuf': { ...otlp, request: (word) => ({ path: PATHS.logs, headers: { 'Content-Type': TYPES.protobuf }, body: len(1, len(2, len(2, fixed64(1, nanos()), len(5, len(1, text(word)))))) }) },
  'OTLP JSON': { ...otlp, request: (word) => logRequest(text(word)) },
  Loki: {
    ...promtail,
    request: (word) => ({
      path: PATHS.loki_push,
      headers: { 'Content-Type': TYPES.protobuf },
      body: snappy.compressSync(len(1, len(1, '{job="shop"}'), len(2, len(1, int(1, nanos() / 1000000000n)), len(2, text(word)))))
    })
  }
}

export class Retrying {
  // options: kind, senders, pauseMs: between records, minMs and maxMs of the back-off, tries: then it is an error
  constructor (port, { kind, senders = 4, pauseMs = 0, timeoutMs = 12000, ...more }) {
    Object.assign(this, { minMs: 20, maxMs: 500, tries: Infinity, ...KINDS[kind], pauseMs, timeoutMs, ...more })
    this.port = port
    this.agent = new Agent({ keepAlive: true, maxSockets: senders })
    this.records = new Map() // word ► {attempts, unanswered, refused, acknowledged}
    this.permanent = []
    this.going = true
    this.done = Promise.all(Array(senders).fill(0).map(() => this.loop()))
  }

  async loop () {
    while (this.going) {
      await this.deliver(newWord())
      if (this.pauseMs > 0) await sleep(this.pauseMs)
    }
  }

  async deliver (word) {
    const record = { attempts: 0, unanswered: 0, refused: [], acknowledged: false }
    this.records.set(word, record)
    const { path, headers, body } = this.request(word)
    for (let backoff = this.minMs; ; backoff = Math.min(backoff * 2, this.maxMs)) {
      const waitMs = await this.attempt(record, { path, headers: { ...headers, ...this.headers }, body })
      if (record.acknowledged) return
      if (waitMs === null || record.attempts >= this.tries) {
        this.permanent.push({ word, ...record })
        return
      }
      await sleep(waitMs > 0 ? waitMs : backoff * (0.5 + Math.random() / 2))
    }
  }

  // How long the answer wants us to wait; 0: as usual; null: never again.
  async attempt (record, request) {
    record.attempts++
    try {
      const { status, headers } = await exchange(this.port, { ...request, agent: this.agent, timeoutMs: this.timeoutMs })
      record.acknowledged = this.success(status)
      if (!record.acknowledged) record.refused.push(status)
      if (!record.acknowledged && !this.retries(status)) return null
      return this.ignoresRetryAfter ? 0 : Math.min(Number(headers['retry-after'] ?? 0) * 1000, this.maxMs)
    } catch {
      record.unanswered++
      return 0
    }
  }

  async stop () {
    this.going = false
    await this.done
    this.agent.destroy()
    return this
  }
}

export function summary (senders) {
  const records = senders.flatMap((s) => [...s.records.values()])
  return {
    records: records.length,
    attempts: records.reduce((n, r) => n + r.attempts, 0),
    unanswered: records.reduce((n, r) => n + r.unanswered, 0),
    refused: records.reduce((n, r) => n + r.refused.length, 0),
    permanent: senders.flatMap((s) => s.permanent).length
  }
}

// How often each record's word stands in `stored`.
export function copies (stored) {
  const counts = new Map()
  for (const [word] of stored.matchAll(/record-\d+-\d+-end/g)) counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
}

// {lost: acknowledged and not there, strangers: there and never sent, unexplained: there more often than attempts
// without an acknowledgement allow, extra: copies that are explained by them}
export function audit (senders, stored) {
  const counts = copies(stored)
  const records = new Map(senders.flatMap((s) => [...s.records]))
  const found = { lost: [], strangers: [], unexplained: [], extra: 0 }
  for (const [word, r] of records) {
    const n = counts.get(word) ?? 0
    if (r.acknowledged && n === 0) found.lost.push(word)
    // An attempt that ended without a success may have been stored all the same; one with a success was, once.
    if (n > r.unanswered + r.refused.length + (r.acknowledged ? 1 : 0)) found.unexplained.push(word)
    found.extra += Math.max(0, n - 1)
  }
  for (const word of counts.keys()) if (!records.has(word)) found.strangers.push(word)
  return found
}
