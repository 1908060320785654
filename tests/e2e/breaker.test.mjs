// SPDX-License-Identifier: MIT
// Breakers as an operator and a sender see them: refused on the head with a reason and a time, on connections that stay
// usable, explained, overridden, kept through a reload; and failover between endpoints.
import assert from 'node:assert/strict'
import { Agent, createServer } from 'node:http'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FaultProxy } from './lib/faults.mjs'
import { Child, freePort, until } from './lib/process.mjs'
import { Gateway, configTo } from './lib/gateway.mjs'
import { Raw, exchange } from './lib/http.mjs'
import { metric } from './lib/metrics.mjs'
import { REDACTD } from './lib/paths.mjs'
import { Recorder } from './lib/recorder.mjs'
import { PATHS, TYPES, logRequest, sample } from './lib/samples.mjs'
import { e2e } from './lib/world.mjs'

const FAST = { connect_timeout: '300ms', first_byte_timeout: '500ms', total_timeout: '800ms' }
const admin = { token_file: 'admin.token' }

const start = (t, endpoints, upstream = {}) => Gateway.start(t, { config: configTo({ endpoints, ...upstream }, { admin }) })
const tokenOf = (gateway) => readFileSync(join(gateway.dir, 'admin.token'), 'utf8').trim()
const lanes = async (gateway) => (await gateway.api('GET', '/api/v1/upstreams', { token: tokenOf(gateway) })).json.breakers
const lane = async (gateway, signal) => (await lanes(gateway)).find((l) => l.signal === signal)

async function verb (args) {
  const child = new Child(REDACTD, args)
  const { code } = await child.end(null)
  return { code, out: child.stdout.toString(), err: child.stderr.toString() }
}

async function trip (gateway, request = logRequest('x')) {
  await until('the breaker to open', async () => /is not called for now/.test((await gateway.post(undefined, request)).text), 10000, 1)
}

e2e('a backend that is down: refused at once, in the words of the protocol, with reason and time', async (t) => {
  const dead = `http://127.0.0.1:${await freePort()}`
  const gateway = await start(t, [dead], FAST)
  for (const [signal, format] of [['logs', 'protobuf'], ['traces', 'json'], ['loki_push', 'protobuf']]) {
    await trip(gateway, sample(signal, format))
    const res = await gateway.post(undefined, sample(signal, format))
    assert.equal(res.status, 503)
    assert.ok(Number(res.headers['retry-after']) >= 1 && Number(res.headers['retry-after']) <= 13, res.headers['retry-after'])
    assert.match(res.text, /upstream backend: open since \d\d:\d\d:\d\d UTC: 5 calls in a row failed, \d timeouts; /)
    assert.ok(!res.text.includes(dead), 'the address is nobody\'s business')
    assert.equal(res.headers['content-type'], signal === 'loki_push' ? 'text/plain; charset=utf-8' : TYPES[format])
  }
  const all = await gateway.metrics()
  assert.ok(metric(all, 'redactd_requests_rejected_total', { signal: 'logs', reason: 'upstream_open' }) >= 1)
  assert.equal(metric(all, 'redactd_breaker_state', { signal: 'logs', state: 'open' }), 1)
  assert.equal(metric(all, 'redactd_breaker_state', { signal: 'metrics', state: 'closed' }), 1, 'other signals are not affected')
  assert.equal(metric(all, 'redactd_upstream_calls_total', { upstream: 'backend' }), 15, 'five calls each')
  const events = gateway.event('breaker').filter((e) => e.signal === 'logs')
  assert.deepEqual([events[0].from, events[0].to, events[0].why, events[0].in_a_row], ['closed', 'open', 'trip', 5])
})

e2e('a refused sender keeps its connection, whatever the framing of its body', async (t) => {
  const gateway = await start(t, [`http://127.0.0.1:${await freePort()}`], FAST)
  await trip(gateway)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const before = metric(await gateway.metrics(), 'redactd_connections_accepted_total')
  for (const chunked of [false, true]) {
    for (const n of [10, 5000, 300000, 3000000]) {
      const res = await exchange(gateway.port, { ...logRequest('x'.repeat(n)), agent, chunked })
      assert.equal(res.status, 503)
      assert.match(res.text, /is not called for now/)
      assert.notEqual(res.headers.connection, 'close')
    }
  }
  agent.destroy()
  const after = metric(await gateway.metrics(), 'redactd_connections_accepted_total')
  assert.equal(after - before, 2, 'one for the sender, one for the second look at the metrics')
})

e2e('a refused body is skipped to the byte: what follows is the next request', async (t) => {
  const gateway = await start(t, [`http://127.0.0.1:${await freePort()}`], FAST)
  await trip(gateway)
  const head = (framing) => `POST ${PATHS.logs} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`
  const smuggled = 'GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n'
  const raw = await Raw.open(gateway.port)
  for (const bytes of [head(`Content-Length: ${smuggled.length}`) + smuggled, head('Transfer-Encoding: chunked') + `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`, head('Content-Length: 0')]) {
    for (const byte of bytes) raw.send(byte)
  }
  await raw.answer(3)
  assert.deepEqual(raw.answers().map((a) => a.status), [503, 503, 503])
  raw.send(head('Transfer-Encoding: chunked') + 'zz\r\n')
  await raw.answer(4)
  await raw.gone()
  assert.equal(raw.answers().length, 4)
  // Too large to be read away, or announced and not sent: closed.
  for (const framing of ['Content-Length: 999999999', 'Content-Length: 10\r\nExpect: 100-continue']) {
    const one = await Raw.open(gateway.port)
    one.send(head(framing))
    assert.equal((await one.answer(1)).headers.connection, 'close', framing)
    one.close()
  }
})

e2e('back within two seconds of the backend, and not all at once', async (t) => {
  const port = await freePort()
  const gateway = await start(t, [`http://127.0.0.1:${port}`], FAST)
  await trip(gateway)
  await new Promise((resolve) => setTimeout(resolve, 4000))
  const recorder = await Recorder.start(t, { port })
  const began = Date.now()
  await until('traffic', async () => (await gateway.post(undefined, logRequest('back'))).status === 200, 10000, 20)
  assert.ok(Date.now() - began < 2000, `after ${Date.now() - began} ms`)
  await until('the breaker to close', async () => {
    await gateway.post(undefined, logRequest('more'))
    return (await lane(gateway, 'logs')).state === 'closed'
  }, 5000, 10)
  const { limit, history } = await lane(gateway, 'logs')
  assert.ok(limit <= 24, `a small limit at first, not ${limit}`)
  assert.deepEqual(history.slice(0, 3).map((h) => [h.from, h.to, h.why]), [['half_open', 'closed', 'probes_ok'], ['open', 'half_open', 'healthy'], ['closed', 'open', 'trip']])
  assert.ok(metric(await gateway.metrics(), 'redactd_health_checks_total', { result: 'unreachable' }) >= 3)
})

e2e('a backend that hangs: nobody waits longer than the deadline, and once it is noticed nobody waits', async (t) => {
  const recorder = await Recorder.start(t)
  const { gates: [gate] } = await FaultProxy.start(t, { backend: recorder.port })
  const gateway = await start(t, [gate.url], FAST)
  await gate.plan({ on_accept: 'hang' })
  const began = Date.now()
  const first = await Promise.all(Array(100).fill(0).map(() => gateway.post(undefined, logRequest('x'))))
  assert.ok(Date.now() - began < 800 + 2500, `${Date.now() - began} ms`)
  assert.deepEqual([...new Set(first.map((r) => r.status))].filter((s) => ![503, 504].includes(s)), [])
  for (let i = 0; i < 20; i++) {
    const t0 = Date.now()
    assert.equal((await gateway.post(undefined, logRequest('x'))).status, 503)
    assert.ok(Date.now() - t0 < 400, 'refused at once')
  }
  await gate.plan()
  await until('traffic', async () => (await gateway.post(undefined, logRequest('back'))).status === 200, 10000, 20)
})

e2e('an operator: ls, open for a time, close, reset; each is written down and outlives a reload', async (t) => {
  const recorder = await Recorder.start(t)
  const gateway = await start(t, [recorder.url], FAST)
  const run = (...args) => verb(['breaker', ...args, '-c', gateway.file])
  assert.equal((await gateway.post(undefined, logRequest('a'))).status, 200)
  const listed = await run('ls')
  assert.equal(listed.code, 0, listed.err)
  assert.match(listed.out, /^backend +http:\S+ +logs +closed /m)
  assert.equal((await run('open', 'backend', '--signal', 'logs')).code, 0)
  const res = await gateway.post(undefined, logRequest('b'))
  assert.equal(res.status, 503)
  assert.match(res.text, /forced open by an operator/)
  assert.equal((await gateway.post(undefined, sample('traces', 'json'))).status, 200)
  gateway.signal('SIGHUP')
  await until('the reload', () => gateway.event('config_loaded').length > 0)
  assert.equal((await lane(gateway, 'logs')).state, 'forced_open')
  assert.equal((await run('open', 'backend', '--signal', 'logs', '--ttl', '1s')).code, 0)
  await until('traffic after the time', async () => (await gateway.post(undefined, logRequest('c'))).status === 200, 10000, 50)
  assert.equal((await run('close', 'backend', '--endpoint', recorder.url)).code, 0)
  await recorder.script({ status: 500 })
  for (let i = 0; i < 10; i++) assert.ok(!/is not called/.test((await gateway.post(undefined, logRequest('d'))).text))
  assert.equal((await lane(gateway, 'logs')).state, 'disabled')
  assert.equal((await run('reset', 'backend')).code, 0)
  await trip(gateway)
  const shown = await run('ls', 'backend')
  assert.match(shown.out, /logs: closed -> open \(trip\)/)
  assert.equal(JSON.parse((await run('ls', '--json')).out).breakers.length, 4)
  assert.equal((await run('ls', 'nope')).code, 1)
  assert.equal((await run('open', 'nope')).code, 1)
  assert.equal((await run('open', 'backend', '--signal', 'nope')).code, 1)
  assert.equal((await run('open', 'backend', '--endpoint', 'http://other')).code, 1)
  for (const args of [[], ['frobnicate'], ['open'], ['open', 'backend', '--ttl'], ['open', 'backend', '--ttl', 'x'], ['open', 'backend', 'x']]) assert.equal((await run(...args)).code, 64, args.join(' '))
  const audited = gateway.event('admin_call').map((e) => [e.action, e.target, e.result])
  assert.deepEqual(audited.filter(([, , result]) => result === 'done'), [['breaker_open', 'backend logs', 'done'], ['breaker_open', 'backend logs', 'done'], ['breaker_close', `backend ${recorder.url}`, 'done'], ['breaker_reset', 'backend', 'done']])
})

e2e('two endpoints: when one cannot be reached no request is lost, and it is soon not even tried', async (t) => {
  const recorder = await Recorder.start(t)
  const gateway = await start(t, [`http://127.0.0.1:${await freePort()}`, recorder.url], FAST)
  for (let i = 0; i < 60; i++) assert.equal((await gateway.post(undefined, logRequest(`n${i}`))).status, 200, `request ${i}`)
  await recorder.take(60)
  const all = await gateway.metrics()
  assert.equal(metric(all, 'redactd_upstream_calls_total', { upstream: 'backend', result: 'connect' }), 5)
  assert.equal(metric(all, 'redactd_upstream_retries_total', { upstream: 'backend' }), 5)
})

e2e('502, 503, 504 of one endpoint go to another only where that is configured', async (t) => {
  const [ill, well] = [await Recorder.start(t), await Recorder.start(t)]
  const off = { breaker: { enabled: false } }
  for (const status of [502, 503, 504]) {
    await ill.script({ status })
    const plain = await start(t, [ill.url, well.url], { ...FAST, ...off })
    const seen = new Set()
    for (let i = 0; i < 30; i++) seen.add((await plain.post(undefined, logRequest(`p${i}`))).status)
    assert.deepEqual([...seen].sort(), [200, status])
    const retrying = await start(t, [ill.url, well.url], { ...FAST, ...off, retry: { on: ['connect', String(status)], budget_percent: 100 } })
    for (let i = 0; i < 30; i++) assert.equal((await retrying.post(undefined, logRequest(`r${i}`))).status, 200)
  }
})

e2e('the retry budget holds: retries are a share of requests', async (t) => {
  const ill = [await Recorder.start(t), await Recorder.start(t)]
  for (const r of ill) await r.script({ status: 503 })
  const gateway = await start(t, ill.map((r) => r.url), { ...FAST, breaker: { enabled: false }, retry: { on: ['503'], budget_percent: 10 } })
  for (let i = 0; i < 200; i++) assert.equal((await gateway.post(undefined, logRequest(`n${i}`))).status, 503)
  const calls = ill[0].count() + ill[1].count()
  assert.ok(calls <= 200 + 20 + 10 + 20, `${calls} calls for 200 requests`)
  assert.ok(metric(await gateway.metrics(), 'redactd_upstream_retries_denied_total', { upstream: 'backend' }) > 100)
})

// A backend whose health is a number.
async function patient (t) {
  const p = { health: 200, posts: 0 }
  const server = createServer((req, res) => {
    if (req.method === 'POST') p.posts++
    req.resume().on('end', () => res.writeHead(req.method === 'GET' ? p.health : 200, { 'Content-Type': 'application/json' }).end(req.method === 'GET' ? '' : '{}'))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => { server.close(); server.closeAllConnections() })
  return Object.assign(p, { url: `http://127.0.0.1:${server.address().port}` })
}

e2e('checks all the time: an endpoint that fails them is passed over, but never the last', async (t) => {
  const [ill, well] = [await patient(t), await patient(t)]
  const gateway = await start(t, [ill.url, well.url], { ...FAST, health_check: { when: 'always', path: '/healthz', status: 200, interval: '100ms', unhealthy_after: 2 } })
  const healthy = async () => (await lanes(gateway)).filter((l) => l.signal === 'logs').map((l) => l.healthy)
  ill.health = 404
  await until('the ill one to be noticed', async () => (await healthy()).join() === 'false,true')
  for (let i = 0; i < 20; i++) assert.equal((await gateway.post(undefined, logRequest(`n${i}`))).status, 200)
  assert.deepEqual([ill.posts, well.posts], [0, 20])
  well.health = 404
  await until('both to be noticed', async () => (await healthy()).join() === 'false,false')
  for (let i = 0; i < 20; i++) assert.equal((await gateway.post(undefined, logRequest(`m${i}`))).status, 200)
  assert.ok(ill.posts > 0, 'with none left, all are used')
  ill.health = well.health = 200
  await until('both to be well', async () => (await healthy()).join() === 'true,true')
})
