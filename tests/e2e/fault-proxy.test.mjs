// SPDX-License-Identifier: MIT
// The measuring tool measured: the fault proxy does what its plans say, to the byte.
import test from 'node:test'
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { FaultProxy } from './lib/faults.mjs'
import { exchange } from './lib/http.mjs'
import { sleep, until } from './lib/process.mjs'
import { Recorder } from './lib/recorder.mjs'
import { logRequest } from './lib/samples.mjs'

const BODY = logRequest('x').body
const REQUEST = `POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'

async function fixture (t) {
  const recorder = await Recorder.start(t)
  const proxy = await FaultProxy.start(t, { backend: recorder.port })
  return { recorder, proxy, gate: proxy.gates[0] }
}

// Sends the bytes and listens until the end, or for `forMs`; resolves to what a socket can tell.
function talk (port, bytes, { forMs = 5000 } = {}) {
  return new Promise((resolve) => {
    const seen = { text: '', how: 'open', pieces: 0 }
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => socket.write(bytes))
    const done = (how) => { seen.how = how; clearTimeout(timer); resolve(seen); socket.destroy() }
    const timer = setTimeout(() => done('open'), forMs)
    socket.on('data', (d) => { seen.text += d.toString('latin1'); seen.pieces++ })
    socket.on('end', () => done('closed'))
    socket.on('error', (error) => done(error.code))
  })
}

const soon = { forMs: 600 }
const CASES = {
  'answer instead of the backend': [{ answer: OK }, OK, 'open', soon],
  'answer in hexadecimal': [{ answer_hex: Buffer.from(OK).toString('hex') }, OK, 'open', soon],
  'answer, then close': [{ answer: OK, answer_do: 'close' }, OK, 'closed'],
  'closed at byte 5 of the answer': [{ answer: OK, answer_at: 5, answer_do: 'close' }, OK.slice(0, 5), 'closed'],
  // libuv calls it an end when the reset comes together with the last bytes
  'reset at byte 5 of the answer': [{ answer: OK, answer_at: 5, answer_do: 'reset', delay_ms: 50 }, null, /ECONNRESET|closed/],
  'reset before the answer': [{ answer: OK, request_at: REQUEST.length - 1, request_do: 'reset' }, '', 'ECONNRESET'],
  'half-closed at byte 5 of the answer': [{ answer: OK, answer_at: 5, answer_do: 'half_close' }, OK.slice(0, 5), 'closed'],
  'silent from byte 5 of the answer': [{ answer: OK, answer_at: 5, answer_do: 'hang' }, OK.slice(0, 5), 'open', soon],
  'closed before an answer': [{ answer: '', answer_do: 'close' }, '', 'closed'],
  'closed when accepted': [{ on_accept: 'close' }, '', /closed|ECONNRESET|EPIPE/],
  'reset when accepted': [{ on_accept: 'reset' }, '', /ECONNRESET|EPIPE/],
  'never read': [{ on_accept: 'hang' }, '', 'open', soon],
  'reset at byte 10 of the request': [{ request_at: 10, request_do: 'reset' }, '', /ECONNRESET|EPIPE/],
  'silent from byte 10 of the request': [{ request_at: 10, request_do: 'hang' }, '', 'open', soon],
  'answered at byte 10 of the request': [{ request_at: 10, request_do: 'answer', answer: OK }, OK, 'open', soon],
  greeting: [{ greeting: 'hello', on_accept: 'hang' }, 'hello', 'open', soon],
  'repeated so many times': [{ answer: 'a', repeat: 'bc', repeat_times: 3, answer_do: 'close' }, 'abcbcbc', 'closed'],
  refused: [{ listen: 'off' }, '', 'ECONNREFUSED'],
  'no word at all': [{ listen: 'full' }, '', 'open', soon]
}
for (const [name, [plan, text, how, options]] of Object.entries(CASES)) {
  test(`fault proxy: ${name}`, { timeout: 20000 }, async (t) => {
    const { gate } = await fixture(t)
    await gate.plan(plan)
    const seen = await talk(gate.port, REQUEST, options)
    if (text !== null) assert.equal(seen.text, text)
    if (how instanceof RegExp) assert.match(seen.how, how)
    else assert.equal(seen.how, how)
    await gate.plan()
    assert.equal((await exchange(gate.port, logRequest('after'))).status, 200)
  })
}

test('fault proxy: passes through, byte for byte, on one connection', { timeout: 20000 }, async (t) => {
  const { gate, recorder } = await fixture(t)
  const { text } = await talk(gate.port, REQUEST, soon)
  assert.match(text, /^HTTP\/1.1 200/)
  const [request] = await recorder.take(1)
  assert.equal(request.error, null)
  assert.equal(Buffer.concat([request.head, request.body]).toString(), REQUEST)
  assert.equal(gate.received().toString(), REQUEST)
  assert.deepEqual(await until('the end', async () => { const s = await gate.stats(); return s.open === 0 && s }), { accepted: 1, open: 0, exchanges: 1, in_flight: 0, max_in_flight: 1 })
  assert.deepEqual(gate.timeline().map((e) => [e.begins, e.inFlight]), [[true, 1], [false, 0]])
})

test('fault proxy: drips, is late, is slow to accept and to read', { timeout: 30000 }, async (t) => {
  const { gate } = await fixture(t)
  const timed = async (plan) => {
    await gate.plan(plan)
    const start = Date.now()
    const seen = await talk(gate.port, REQUEST, { forMs: 15000 })
    assert.equal(seen.text, OK)
    return { ...seen, ms: Date.now() - start }
  }
  const drip = await timed({ answer: OK, piece: 1, piece_ms: 5, answer_do: 'close' })
  assert.ok(drip.ms >= 5 * (OK.length - 1) && drip.pieces > 5, JSON.stringify(drip))
  assert.ok((await timed({ answer: OK, delay_ms: 200, answer_do: 'close' })).ms >= 200)
  assert.ok((await timed({ answer: OK, accept_delay_ms: 200, answer_do: 'close' })).ms >= 200)
  assert.ok((await timed({ answer: OK, request_piece: 20, request_piece_ms: 20, answer_do: 'close' })).ms >= 20 * (REQUEST.length / 20 - 1))
})

test('fault proxy: a plan for one time; connections that stay and that do not', { timeout: 20000 }, async (t) => {
  const { gate } = await fixture(t)
  await gate.plan({ request_at: 1, request_do: 'reset', times: 1 })
  assert.notEqual((await talk(gate.port, REQUEST, soon)).how, 'open')
  assert.match((await talk(gate.port, REQUEST, soon)).text, /^HTTP\/1.1 200/)
  for (const [drop, ends] of [['no', 'open'], ['close', 'closed'], ['reset', 'ECONNRESET']]) {
    const talking = talk(gate.port, REQUEST, { forMs: 1500 })
    await sleep(300)
    await gate.plan({ drop })
    assert.equal((await talking).how, ends, drop)
  }
})

test('fault proxy: what is no plan is an error', { timeout: 20000 }, async (t) => {
  const { proxy } = await fixture(t)
  for (const plan of [[], { lissen: 'off' }, { listen: 'of' }, { delay_ms: '5' }, { request_do: 'reset' }, { answer: 5 }]) {
    assert.equal((await exchange(proxy.control, { method: 'PUT', path: '/0', body: JSON.stringify(plan) })).status, 400, JSON.stringify(plan))
  }
  assert.equal((await exchange(proxy.control, { method: 'PUT', path: '/7', body: '{}' })).status, 404)
})
