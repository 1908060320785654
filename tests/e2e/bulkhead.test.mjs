// SPDX-License-Identifier: MIT
// A sick backend on one route is that route's own affair: another route's requests are answered as before, in number
// and in time, while hundreds of senders wait for the sick one.
import assert from 'node:assert/strict'
import { FaultProxy } from './lib/faults.mjs'
import { Gateway } from './lib/gateway.mjs'
import { account, metric } from './lib/metrics.mjs'
import { sleep, until } from './lib/process.mjs'
import { Recorder } from './lib/recorder.mjs'
import { OTLP, sample } from './lib/samples.mjs'
import { e2e, world } from './lib/world.mjs'

const PROBES = 100
const PAUSE_MS = 20
const SICK = { hangs: { on_accept: 'hang' }, 'is slow': { delay_ms: 400 }, refuses: { listen: 'off' }, drips: { piece: 1, piece_ms: 30 }, 'sends a body without end': { answer: 'HTTP/1.1 200 OK\r\n\r\n', repeat: 'x'.repeat(4096) } }

// PROBES requests, one after the other; {ms: sorted, statuses}.
async function measure (gateway, signal) {
  const found = { ms: [], statuses: {} }
  for (let i = 0; i < PROBES; i++) {
    const start = performance.now()
    const { status } = await gateway.post(undefined, sample(signal, 'json'))
    found.ms.push(performance.now() - start)
    found.statuses[status] = (found.statuses[status] ?? 0) + 1
    await sleep(PAUSE_MS)
  }
  found.ms.sort((a, b) => a - b)
  return found
}
const quantile = ({ ms }, q) => ms[Math.floor(q * (ms.length - 1))]

// 60 senders that never stop.
function crowd (gateway, signal) {
  const c = { going: true, statuses: {} }
  const send = async () => {
    while (c.going) {
      const { status } = await gateway.post(undefined, { ...sample(signal, 'json'), timeoutMs: 30000 })
      c.statuses[status] = (c.statuses[status] ?? 0) + 1
      if (status !== 200) await sleep(100)
    }
  }
  c.done = Promise.all(Array(60).fill(0).map(send))
  return c
}

for (const [name, plan] of Object.entries(SICK)) {
  e2e(`a backend that ${name} does not hold up another route`, { timeoutMs: 120000 }, async (t) => {
    const recorder = await Recorder.start(t, { lines: true })
    const proxy = await FaultProxy.start(t, { backend: recorder.port, gates: 2 })
    const [sick, healthy] = proxy.gates
    const upstreams = {
      sick: { endpoints: [sick.url], first_byte_timeout: '3s', total_timeout: '4s' },
      healthy: { endpoints: [healthy.url], first_byte_timeout: '20s', total_timeout: '20s' }
    }
    const routes = [{ version: 'v1', signal: 'logs', upstream: 'sick' }, { version: 'v1', signal: 'traces', upstream: 'healthy' }]
    const gateway = await Gateway.start(t, { config: { version: 1, threads: 1, upstreams, routes, workspaces: { anonymous: 'local-dev' } } })
    t.after(() => proxy.check())
    const alone = await measure(gateway, 'traces')
    await sick.plan(plan)
    const senders = crowd(gateway, 'logs')
    await sleep(500)
    const beside = await measure(gateway, 'traces')
    senders.going = false
    await sick.plan()
    await senders.done
    const [before, after] = [alone, beside].map((m) => ({ p50: quantile(m, 0.5).toFixed(1), p95: quantile(m, 0.95).toFixed(1) }))
    t.diagnostic(JSON.stringify({ ms: { before, after }, crowd: senders.statuses }))
    assert.deepEqual([alone.statuses, beside.statuses], [{ 200: PROBES }, { 200: PROBES }], 'all are taken')
    const { delivered, dropped, rejected } = account(await gateway.metrics(), 'traces', 'requests')
    assert.deepEqual([delivered, dropped, rejected], [2 * PROBES, 0, 0])
    // Far from any deadline or pause of the sick one; the machine is busy with the crowd as well.
    assert.ok(quantile(beside, 0.5) < 5 * quantile(alone, 0.5) + 50, `median went from ${before.p50} to ${after.p50} ms`)
    assert.ok(quantile(beside, 0.95) < 10 * quantile(alone, 0.95) + 200, `p95 went from ${before.p95} to ${after.p95} ms`)
  })
}

// One connection for all; nothing else limits.
const ONE = { max_connections: 1, max_idle_connections: 1, adaptive_limit: false, breaker: { enabled: false } }

e2e('while all connections are busy, calls of every signal wait for one', async (t) => {
  const { recorder, gateway } = await world(t, { upstream: { ...ONE, queue_timeout: '30s', request_timeout: '40s', first_byte_timeout: '30s', total_timeout: '30s' }, config: { threads: 1 } })
  await recorder.script({ delay_ms: 100 })
  const answers = await Promise.all([...OTLP, ...OTLP].map((signal) => gateway.post(undefined, { ...sample(signal, 'json'), timeoutMs: 50000 })))
  assert.deepEqual(answers.map((a) => a.status), Array(2 * OTLP.length).fill(200))
  assert.equal(metric(await gateway.metrics(), 'redactd_upstream_calls_total', { result: 'busy' }), 0)
})

e2e('who waits for a connection for too long is told to come back', async (t) => {
  const { recorder, gateway } = await world(t, { upstream: { ...ONE, queue_timeout: '300ms', first_byte_timeout: '8s' }, config: { threads: 1 } })
  await recorder.script({ path: '/v1/logs', hang: true })
  const first = gateway.post(undefined, { ...sample('logs', 'json'), timeoutMs: 50000 })
  await until('the connection to be busy', async () => recorder.count() === 1)
  for (const signal of ['logs', 'traces']) {
    const { status, headers, text } = await gateway.post(undefined, sample(signal, 'json'))
    assert.equal(status, 503, text)
    assert.match(headers['retry-after'], /^[1-9][0-9]*$/)
    assert.equal(metric(await gateway.metrics(), 'redactd_requests_dropped_total', { signal, reason: 'overload' }), 1)
  }
  assert.equal((await first).status, 504)
})
