// SPDX-License-Identifier: MIT
// Every way in which a backend can be ill, for each protocol: the answer's code is one that the sender retries (or a
// success, where the illness is bearable), Retry-After where it is due, before the deadline, in the sender's format;
// nothing leaks, the account balances to the request, the breaker opens for what is a failure and for nothing else, and
// traffic flows again by itself when the fault ends.
import test from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FaultProxy } from './lib/faults.mjs'
import { Gateway } from './lib/gateway.mjs'
import { account, metric } from './lib/metrics.mjs'
import { Nginx, certificates } from './lib/nginx.mjs'
import { sleep, until } from './lib/process.mjs'
import { Recorder } from './lib/recorder.mjs'
import { NOW, PATHS, TYPES, sample, sampleJson } from './lib/samples.mjs'
import { EMAIL, assertClean } from './lib/secrets.mjs'
import { len } from './lib/pb.mjs'
import { endAll } from './lib/world.mjs'

// The cells of a fault: each has a signal, an upstream and a gate of its own, so that its account is its own.
const CELLS = [
  { name: 'OTLP protobuf', signal: 'logs', format: 'protobuf', success: 200 },
  { name: 'OTLP JSON', signal: 'traces', format: 'json', success: 200 },
  { name: 'Loki', signal: 'loki_push', format: 'protobuf', success: 204 }
]
const AT_ONCE = 3 // requests of a cell during the fault
// Short where the fault is a wait, long where a busy machine must not turn it into one.
const FAST = { connect_timeout: '1s', first_byte_timeout: '1500ms', total_timeout: '2500ms' }
const PATIENT = { connect_timeout: '8s', first_byte_timeout: '8s', total_timeout: '9s' }
// As many calls as a cell makes at once are enough to open it, so that each fault shows whether it counts as a failure.
const BREAKER = { consecutive_failures: AT_ONCE, open: '300ms', max_open: '1s' }
const deadlineMs = (fault) => (fault.fast ? 2500 : 9000)
const SLACK_MS = process.env.REDACTD_SANITIZED ? 20000 : 5000 // of a busy machine; large bodies are redacted first
const RECOVERY_MS = 20000

const OK = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'
const status = (code, headers = '') => ({ answer: `HTTP/1.1 ${code} Scripted\r\n${headers}Content-Length: 0\r\n\r\n` })
const chunked = (text, more = {}) => ({ answer: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${text}`, answer_do: 'close', ...more })
const headers = (text, more = {}) => ({ answer: `HTTP/1.1 200 OK\r\n${text}`, answer_do: 'close', ...more })

// Statuses that are answers, not failures, and so is 503 with Retry-After: they do not open the breaker.
const ANSWER = { opens: false }

// name: {plan | begin and end, expect: status(es) or 'success', opens: the breaker (false), retryAfter, fast, large, tls, nginx, inTurn: on the one
// connection that is kept, never: it is ill from the start and stays so}
const FAULTS = {
  // connecting
  'refuses connections': { plan: { listen: 'off' }, expect: 503 },
  'does not answer SYN': { plan: { listen: 'full' }, expect: [503, 504], fast: true },
  'is slow to accept': { plan: { accept_delay_ms: 150 }, expect: 'success' },
  'accepts and closes': { plan: { on_accept: 'close' }, expect: [502, 503] },
  'accepts and resets': { plan: { on_accept: 'reset' }, expect: [502, 503] },
  'accepts and never answers': { plan: { on_accept: 'hang' }, expect: 504, fast: true },
  'speaks first': { plan: { greeting: '220 mail.example ESMTP\r\n' }, expect: 502 },
  'has a name that does not resolve': { begin: () => {}, upstream: { endpoints: ['http://nowhere.invalid:4318'] }, never: true, expect: 503 },
  // the request
  'resets at the first byte of the request': { plan: { request_at: 1, request_do: 'reset' }, expect: 502 },
  'resets in the head of the request': { plan: { request_at: 60, request_do: 'reset' }, expect: 502 },
  'resets in the body of a large request': { plan: { request_at: 500000, request_do: 'reset' }, expect: 502, large: true },
  'stops reading in a large body': { plan: { request_at: 100000, request_do: 'hang' }, expect: 504, large: true, fast: true },
  'reads slowly': { plan: { request_piece: 100, request_piece_ms: 5 }, expect: 'success' },
  'half-closes in the middle of the request': { plan: { request_at: 60, request_do: 'half_close' }, expect: 502 },
  'says success before it has read a large body': { plan: { request_at: 1000, request_do: 'answer', answer: OK }, expect: [502, 504], large: true, fast: true },
  'says 503 before it has read a large body': { ...ANSWER, plan: { request_at: 1000, request_do: 'answer', ...status(503, 'Retry-After: 4\r\n') }, expect: 503, retryAfter: 4, large: true },
  // keep-alive
  'closes a kept connection at the next request': { plan: { request_at: 1, request_do: 'close', times: 1, drop: 'no' }, expect: 'success', inTurn: true },
  'resets a kept connection at the next request': { plan: { request_at: 40, request_do: 'reset', times: 1, drop: 'no' }, expect: 'success', inTurn: true },
  'resets all connections, once': { plan: { drop: 'reset' }, expect: 'success' },
  'says 408 on a kept connection': { plan: { ...status(408, 'Connection: close\r\n'), answer_do: 'close', times: 1, drop: 'no' }, expect: 'success', inTurn: true },
  'closes after each answer': { plan: { answer_do: 'close' }, expect: 'success' },
  // time
  'has latency': { plan: { delay_ms: 200 }, expect: 'success' },
  'has jitter': { plan: { delay_ms: 20, jitter_ms: 400 }, expect: 'success' },
  'is later than the deadline': { plan: { delay_ms: 20000 }, expect: 504, fast: true },
  'drips, in time': { plan: { piece: 1, piece_ms: 2 }, expect: 'success' },
  'drips beyond the deadline': { plan: { answer: OK, piece: 1, piece_ms: 400 }, expect: 504, fast: true },
  'falls silent in its answer': { plan: { answer: OK, answer_at: 40, answer_do: 'hang' }, expect: 504, fast: true },
  // how the answer ends
  'half-closes before the answer': { plan: { answer: '', answer_do: 'half_close' }, expect: 502 },
  'half-closes in the answer': { plan: { answer: OK, answer_at: 30, answer_do: 'half_close' }, expect: 502 },
  'closes in the status line': { plan: { answer: OK, answer_at: 6, answer_do: 'close' }, expect: 502 },
  'resets in the head of the answer': { plan: { answer: OK, answer_at: 30, answer_do: 'reset' }, expect: 502 },
  'resets one byte before the end of the answer': { plan: { answer: OK, answer_at: OK.length - 1, answer_do: 'reset' }, expect: 502 },
  // what the answer is
  'answers garbage': { plan: { answer_hex: 'deadbeef00ff0d0a0d0a', answer_do: 'close' }, expect: 502 },
  'answers in another protocol': { plan: { answer: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', answer_do: 'close' }, expect: 502 },
  'promises more than it sends, and closes': { plan: headers('Content-Length: 100\r\n\r\nabc'), expect: 502 },
  'promises more than it sends, and stays': { plan: { ...headers('Content-Length: 100\r\n\r\nabc'), answer_do: 'hang' }, expect: 504, fast: true },
  'sends more than it promised': { plan: headers('Content-Length: 2\r\n\r\n{}HTTP/1.1 500 Smuggled\r\nContent-Length: 0\r\n\r\n'), expect: 'success' },
  'sends a body without end': { plan: chunked('', { repeat: '400\r\n' + 'x'.repeat(1024) + '\r\n' }), expect: 502 },
  'drips a body without end': { plan: chunked('', { repeat: '1\r\nx\r\n', piece: 6, piece_ms: 100 }), expect: 504, fast: true },
  'sends a body that is too large': { plan: headers('Content-Length: 99999999\r\n\r\n'), expect: 502 },
  'sends 1xx for ever': { plan: { answer: 'HTTP/1.1 100 Continue\r\n\r\n', repeat: 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n' }, expect: 502 },
  'sends a few 1xx': { plan: { answer: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n' + OK }, expect: 'success' },
  'switches protocols': { plan: { answer: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n' }, expect: 502 },
  'sends headers without end': { plan: headers('', { repeat: 'X-More: and more\r\n' }), expect: 502 },
  'sends one huge header': { plan: headers(`X-Huge: ${'y'.repeat(200000)}\r\nContent-Length: 0\r\n\r\n`), expect: 502 },
  'sends a chunk size that is none': { plan: chunked('zz\r\nabc\r\n0\r\n\r\n'), expect: 502 },
  'sends a chunk longer than its size': { plan: chunked('2\r\nabcdef\r\n0\r\n\r\n'), expect: 502 },
  'closes inside a chunk': { plan: chunked('64\r\nabc'), expect: 502 },
  'sends two lengths': { plan: headers('Content-Length: 0\r\nContent-Length: 5\r\n\r\n'), expect: 502 },
  'sends length and chunks': { plan: headers('Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'), expect: 502 },
  // statuses
  'redirects (302)': { ...ANSWER, plan: status(302, 'Location: http://127.0.0.1:1/\r\n'), expect: 503 },
  'redirects (307)': { ...ANSWER, plan: status(307, 'Location: http://127.0.0.1:1/\r\n'), expect: 503 },
  'says 401': { ...ANSWER, plan: status(401), expect: 503 },
  'says 404': { ...ANSWER, plan: status(404), expect: 503 },
  'says 429': { ...ANSWER, plan: status(429), expect: 429 },
  'says 429 with Retry-After': { ...ANSWER, plan: status(429, 'Retry-After: 3\r\n'), expect: 429, retryAfter: 3 },
  'says 500': { plan: status(500), expect: 503 },
  'says 501': { plan: status(501), expect: 503 },
  'says 502': { plan: status(502), expect: 502 },
  'says 503': { plan: status(503), expect: 503 },
  'says 503 with Retry-After': { ...ANSWER, plan: status(503, 'Retry-After: 3\r\n'), expect: 503, retryAfter: 3 },
  'says 504': { plan: status(504), expect: 504 },
  'says 599 with the secret': { plan: { answer: `HTTP/1.1 599 x\r\nContent-Type: text/plain\r\nContent-Length: ${EMAIL.length}\r\n\r\n${EMAIL}` }, expect: 503 },
  // TLS
  'TLS: hangs in the handshake': { tls: true, plan: { on_accept: 'hang' }, expect: 503, fast: true },
  'TLS: closes at the hello': { tls: true, plan: { request_at: 20, request_do: 'close' }, expect: 503 },
  'TLS: sends a fatal alert': { tls: true, plan: { request_at: 20, request_do: 'answer', answer_hex: '15030300020228', answer_do: 'close' }, expect: 503 },
  'TLS: speaks plain HTTP': { tls: true, plan: { request_at: 20, request_do: 'answer', answer: OK, answer_do: 'close' }, expect: 503 },
  'TLS: shows a certificate of a stranger': {
    tls: true,
    begin: async (w) => { w.nginx.reconfigure({ certs: certificates() }); await sleep(300); await drop(w) },
    end: async (w) => { w.nginx.reconfigure({ certs: w.certs }); await sleep(300); await drop(w) },
    expect: 503
  },
  // a real nginx
  'nginx: is stopped': { nginx: true, begin: (w) => w.nginx.stop(), end: (w) => w.nginx.run(), expect: 503 },
  'nginx: is killed': { nginx: true, begin: (w) => w.nginx.kill(), end: (w) => w.nginx.run(), expect: 503 },
  'nginx: is paused': { nginx: true, begin: (w) => w.nginx.signal('SIGSTOP'), end: (w) => w.nginx.signal('SIGCONT'), expect: 504, fast: true },
  'nginx: restarts': { nginx: true, begin: async (w) => { await w.nginx.stop(); await w.nginx.run() }, end: () => {}, expect: 'success' },
  'nginx: reloads': { nginx: true, begin: (w) => w.nginx.reload(), end: () => {}, expect: 'success' },
  'nginx: has lost its own backend': { nginx: true, begin: (w) => w.proxy.gates[0].plan({ listen: 'off' }), end: (w) => w.proxy.gates[0].plan(), expect: 502 }
}

const drop = (w) => Promise.all(w.proxy.gates.map((gate) => gate.plan()))

/* ---- the world of a fault ---- */

// Where the upstreams of the three cells are.
async function endpoints (t, fault, w) {
  if (fault.nginx) {
    w.nginx = await Nginx.start(t, { backend: w.proxy.gates[0].port })
    return CELLS.map(() => ({ endpoints: [`http://127.0.0.1:${w.nginx.port}`] }))
  }
  if (!fault.tls) return w.proxy.gates.map((gate) => ({ endpoints: [gate.url] }))
  return w.proxy.gates.map((gate) => ({ endpoints: [gate.secureUrl], tls: { ca: w.certs.file('ca.pem') } }))
}

async function worldOf (t, fault) {
  const recorder = await Recorder.start(t)
  const w = { recorder }
  let backend = recorder.port
  if (fault.tls) {
    w.certs = certificates()
    w.nginx = await Nginx.start(t, { backend, certs: w.certs, protocols: 'TLSv1.2 TLSv1.3' })
    backend = w.nginx.port
  }
  w.proxy = await FaultProxy.start(t, { backend, gates: CELLS.length })
  t.after(() => { recorder.check(); w.proxy.check() })
  const upstreams = Object.fromEntries((await endpoints(t, fault, w)).map((upstream, i) =>
    [CELLS[i].signal, { ...upstream, ...(fault.fast ? FAST : PATIENT), breaker: BREAKER, ...fault.upstream }]))
  w.gateway = await Gateway.start(t, {
    config: {
      version: 1, threads: 1, upstreams, admin: { token_file: 'admin.token' }, workspaces: { anonymous: 'local-dev' },
      routes: CELLS.map(({ signal }) => ({ version: 'v1', signal, upstream: signal }))
    }
  })
  return w
}

const begin = (w, fault) => fault.begin ? fault.begin(w) : Promise.all(w.proxy.gates.map((gate) => gate.plan(fault.plan)))
const end = (w, fault) => fault.end ? fault.end(w) : drop(w)

/* ---- a cell ---- */

function largeBody (signal) {
  const text = `${EMAIL} ${'all is well '.repeat(700000)}` // more than the buffers of two sockets hold
  if (signal === 'logs') return { headers: { 'Content-Type': TYPES.protobuf }, body: len(1, len(2, len(2, len(5, len(1, text))))) }
  const body = signal === 'traces' ? sampleJson('traces') : { streams: [{ stream: { job: 'shop' }, values: [[NOW, text]] }] }
  if (signal === 'traces') body.resourceSpans[0].scopeSpans[0].spans[0].name = text
  return { headers: { 'Content-Type': TYPES.json }, body: JSON.stringify(body) }
}

class Cell {
  constructor (w, fault, { name, signal, format, success }) {
    Object.assign(this, { gateway: w.gateway, fault, name, signal, success, sent: 0, taken: 0 })
    this.request = sample(signal, format)
  }

  async post (request = this.request) {
    this.sent++
    const start = Date.now()
    const res = await this.gateway.post(undefined, { path: PATHS[this.signal], ...request, timeoutMs: 30000 })
    res.ms = Date.now() - start
    if (res.status === this.success) this.taken++
    assertClean(`the answer to ${this.name}`, res.body)
    return res
  }

  // Traffic flows, at the latest in a while.
  async flows () {
    await until(`${this.name} to be taken`, async () => (await this.post()).status === this.success, RECOVERY_MS, 50)
  }

  async ill () {
    const request = this.fault.large ? { ...largeBody(this.signal) } : this.request
    const answers = []
    for (let i = 0; i < AT_ONCE; i++) {
      answers.push(this.post(request))
      if (this.fault.inTurn) await answers.at(-1)
    }
    for (const res of await Promise.all(answers)) this.judge(res)
    await this.breakerIs()
    if (this.fault.retryAfter) {
      const told = await Promise.all(answers.map(async (res) => Number((await res).headers['retry-after'])))
      assert.ok(told.includes(this.fault.retryAfter), `what the backend says is passed on: ${told}`)
    }
    await this.balances()
  }

  // Opened by failures and by nothing else: in the log, the metrics and the admin API. Once open, senders are refused
  // with the reason; but a check may have found the backend well enough meanwhile.
  async breakerIs () {
    const opens = this.fault.opens ?? this.fault.expect !== 'success'
    const trips = () => this.gateway.event('breaker').filter((e) => e.upstream === this.signal && e.signal === this.signal && e.why === 'trip').length
    const all = await this.gateway.metrics()
    const state = ({ labels, value }) => labels.upstream === this.signal && labels.signal === this.signal && value === 1
    const states = all.redactd_breaker_state.filter(state).map((row) => row.labels.state)
    const opened = metric(all, 'redactd_breaker_transitions_total', { upstream: this.signal, signal: this.signal, to: 'open' })
    const lane = await this.lane()
    assert.equal(states.length, 1, 'one state at a time')
    assert.equal(trips(), opens ? 1 : 0, `trips in the log; ${states}`)
    assert.ok(opens ? opened >= 1 : opened === 0, `${opened} times open; ${states}`)
    assert.equal(lane.history.filter((h) => h.why === 'trip').length, opens ? 1 : 0, JSON.stringify(lane.history))
    if (!opens) {
      assert.deepEqual([states[0], lane.state], ['closed', 'closed'])
      return
    }
    const refused = await this.post()
    if (refused.status !== this.success) this.judge(refused, 503)
    if (/is not called/.test(refused.text)) assert.match(refused.text, new RegExp(`upstream ${this.signal}: .*open`))
  }

  async lane () {
    const token = readFileSync(join(this.gateway.dir, 'admin.token'), 'utf8').trim()
    const { json } = await this.gateway.api('GET', '/api/v1/upstreams', { token })
    return json.breakers.find((l) => l.upstream === this.signal && l.signal === this.signal)
  }

  judge (res, orElse) {
    const { expect, retryAfter = 60 } = this.fault
    const wanted = [expect === 'success' ? this.success : expect, orElse ?? []].flat()
    assert.ok(wanted.includes(res.status), `${res.status} where ${wanted} was expected: ${res.text}`)
    assert.ok(res.ms < deadlineMs(this.fault) + SLACK_MS, `answered after ${res.ms} ms`)
    // Who was held back because the backend wants a pause hears of what is left of it, with jitter.
    const told = Number(res.headers['retry-after'] ?? 0)
    if (res.status === 503 || this.fault.retryAfter) assert.ok(told >= 1 && told <= retryAfter * 1.2 + 1, `Retry-After: ${told}`)
    if (res.status !== this.success) this.judgeFormat(res)
  }

  // In the words of the protocol: google.rpc.Status, or plain text.
  judgeFormat (res) {
    const type = res.headers['content-type']
    if (this.signal === 'loki_push') assert.match(type, /^text\/plain/)
    else assert.equal(type, this.request.headers['Content-Type'])
    if (type === TYPES.json) assert.equal(typeof JSON.parse(res.text).message, 'string')
    assert.ok(res.body.length > 0)
  }

  // To the request: what was sent came in, what was taken was delivered, all else was dropped.
  async balances () {
    await until(`the account of ${this.name}`, async () => {
      const a = account(await this.gateway.metrics(), this.signal, 'requests')
      const wanted = { received: this.sent, delivered: this.taken, inFlight: 0, rejected: this.sent - a.accepted, dropped: a.accepted - this.taken, discarded: 0 }
      assert.deepEqual(a, { ...wanted, accepted: a.accepted })
      return true
    }, 5000, 50)
    const calls = metric(await this.gateway.metrics(), 'redactd_upstream_calls_total', { upstream: this.signal })
    assert.ok(calls >= this.taken, `${calls} calls for ${this.taken} deliveries`)
  }

  async well () {
    if (!this.fault.never) {
      await this.flows()
      await until('the breaker to close', async () => (await this.post()).status === this.success && (await this.lane()).state === 'closed', RECOVERY_MS, 50)
    }
    await this.balances()
  }
}

// All cells of a fault at once; what each of them found is a test of its own.
async function play (t, fault) {
  endAll(t)
  const w = await worldOf(t, fault)
  const cells = CELLS.map((c) => new Cell(w, fault, c))
  if (!fault.never) await Promise.all(cells.map((c) => c.flows()))
  await begin(w, fault)
  const ill = await Promise.allSettled(cells.map((c) => c.ill()))
  if (!fault.never) await end(w, fault)
  const well = await Promise.allSettled(cells.map((c) => c.well()))
  for (const [i, c] of cells.entries()) {
    await t.test(c.name, () => { for (const part of [ill[i], well[i]]) if (part.status === 'rejected') throw part.reason })
  }
}

const only = process.env.REDACTD_FAULT // a part of a name
test('a backend that ...', { concurrency: 6, timeout: 300000 }, async (t) => {
  const chosen = Object.entries(FAULTS).filter(([name]) => !only || name.includes(only))
  await Promise.all(chosen.map(([name, fault]) => t.test(name, { timeout: 120000 }, (tt) => play(tt, fault))))
})
