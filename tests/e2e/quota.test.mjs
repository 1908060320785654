// SPDX-License-Identifier: MIT
// Quotas as senders see them: what is refused, in whose words, and that real exporters come back.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { e2e, world } from './lib/world.mjs'
import { Gateway, configTo } from './lib/gateway.mjs'
import { Recorder } from './lib/recorder.mjs'
import { metric } from './lib/metrics.mjs'
import { send } from './lib/otel.mjs'
import { sample, logRequest } from './lib/samples.mjs'
import { sleep, tempDir, until } from './lib/process.mjs'

const withQuota = (quota, more = {}) => ({ workspaces: { anonymous: 'shop', quota, ...more } })
const records = (n) => ({
  ...logRequest(''),
  body: JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: Array(n).fill({ body: { stringValue: 'x' } }) }] }] })
})

e2e('a workspace over its limit is told so in the words of its protocol', async (t) => {
  const { gateway, recorder } = await world(t, { config: withQuota({ requests_per_second: 1, requests_burst: 4 }) })
  for (let i = 0; i < 4; i++) assert.equal((await gateway.post('/v1/logs', records(1))).status, 200)
  const json = await gateway.post('/v1/logs', records(1))
  assert.equal(json.status, 429)
  const retry = Number(json.headers['retry-after'])
  assert.ok(retry >= 1 && retry <= 3, `Retry-After ${retry}`)
  assert.equal(json.headers['ratelimit-policy'], '"requests_per_second";q=1;w=1')
  const state = /^"requests_per_second";r=0;t=(\d+)$/.exec(json.headers.ratelimit)
  assert.ok(Number(state[1]) <= retry, 'Retry-After is no earlier than t')
  const body = JSON.parse(json.text)
  assert.equal(body.code, 8)
  assert.match(body.message, /workspace shop: requests_per_second is 1 requests\/s, 4 used, request has 1/)
  assert.deepEqual(body.details, [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retry}s` }])
  const loki = await gateway.post(sample('loki_push', 'protobuf').path, sample('loki_push', 'protobuf'))
  assert.equal(loki.status, 429)
  assert.match(loki.text, /^workspace is over a limit, try again: workspace shop: .*\n$/)
  const protobuf = await gateway.post('/v1/traces', sample('traces', 'protobuf'))
  assert.equal(protobuf.status, 429)
  assert.ok(protobuf.body.includes('type.googleapis.com/google.rpc.RetryInfo'))
  await recorder.take(4)
  const m = await gateway.metrics()
  assert.equal(metric(m, 'redactd_workspace_limited_total', { workspace_id: 'shop', limit: 'requests_per_second', mode: 'enforce' }), 3)
  assert.equal(metric(m, 'redactd_workspace_requests_rejected_total', { workspace_id: 'shop', reason: 'quota' }), 3)
  assert.deepEqual(gateway.event('quota_near').map((e) => e.limit), ['requests_burst'])
})

e2e('what can never fit is refused for good, with the limit and its size', async (t) => {
  const { gateway } = await world(t, { config: withQuota({ items_per_second: 5, items_burst: 10 }) })
  const never = await gateway.post('/v1/logs', records(11))
  assert.equal(never.status, 413)
  assert.match(JSON.parse(never.text).message, /items_burst is 10 items, 0 used, request has 11, which can never fit/)
  assert.equal(never.headers['retry-after'], undefined)
  assert.equal((await gateway.post('/v1/logs', records(10))).status, 200, 'what was refused took nothing')
  const m = await gateway.metrics()
  assert.equal(metric(m, 'redactd_workspace_items_rejected_total', { workspace_id: 'shop', reason: 'quota_never' }), 11)
})

e2e('a limit in shadow mode only counts', async (t) => {
  const { gateway } = await world(t, { config: withQuota({ items_per_second: 1, items_burst: 1, mode: 'shadow' }) })
  for (let i = 0; i < 5; i++) assert.equal((await gateway.post('/v1/logs', records(3))).status, 200)
  const m = await gateway.metrics()
  assert.equal(metric(m, 'redactd_workspace_limited_total', { limit: 'items_burst', mode: 'shadow' }), 5)
})

e2e('a greedy sender gets what its limit is, and no more', async (t) => {
  const { gateway, recorder } = await world(t, { config: withQuota({ items_per_second: 200, items_burst: 50 }) })
  const begun = Date.now()
  let admitted = 0
  while (Date.now() - begun < 2000) {
    const answers = await Promise.all(Array(8).fill(0).map(() => gateway.post('/v1/logs', records(10))))
    admitted += 10 * answers.filter((a) => a.status === 200).length
    assert.ok(answers.every((a) => [200, 429].includes(a.status)))
  }
  const most = 50 + 200 * (Date.now() - begun) / 1000
  assert.ok(admitted <= most, `${admitted} of at most ${most}`)
  assert.equal(admitted, 10 * recorder.count())
})

// More than a thread reads at once of bodies that nobody wants: their connections wait in line.
e2e('a flood of large bodies that are refused: each gets its answer on its connection, and nobody else waits', async (t) => {
  const token = (name) => `token-of-${name}-0123456789`
  const tokens = (name) => [createHash('sha256').update(token(name)).digest('hex')]
  const config = {
    threads: 1,
    workspaces: { list: [{ name: 'noisy', tokens: tokens('noisy'), quota: { requests_per_second: 1, requests_burst: 1 } }, { name: 'quiet', tokens: tokens('quiet') }] }
  }
  const { gateway, recorder } = await world(t, { config })
  const as = (name, more) => ({ ...records(1), ...more, headers: { ...records(1).headers, Authorization: `Bearer ${token(name)}` } })
  while ((await gateway.post('/v1/logs', as('noisy'))).status !== 429) await sleep(0)
  const before = metric(await gateway.metrics(), 'redactd_connections_accepted_total')
  const body = Buffer.alloc(4 << 20, 'x')
  let over = false
  const floods = Array(8).fill(0).map(async (_, i) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    t.after(() => agent.destroy())
    for (let k = 0; k < 4; k++) {
      const answer = await gateway.post('/v1/logs', as('noisy', { body, agent, chunked: i % 2 === 1, timeoutMs: 45000 }))
      assert.ok([429, 400].includes(answer.status), `a limit, or let in and no JSON: ${answer.status}`)
    }
  })
  const quiet = async () => {
    let n = 0
    for (; !over || n === 0; n++) assert.equal((await gateway.post('/v1/logs', as('quiet'))).status, 200)
    return n
  }
  const served = quiet()
  await Promise.all(floods).finally(() => { over = true })
  const n = await served
  assert.equal(metric(await gateway.metrics(), 'redactd_connections_accepted_total'), before + 8 + n + 1, 'no connection was given up; one asked for the metrics')
  const closing = await Promise.all(Array(8).fill(0).map(() => gateway.post('/v1/logs', as('noisy', { body, timeoutMs: 45000 }))))
  assert.ok(closing.every((a) => [429, 400].includes(a.status)))
  assert.ok(recorder.count() >= n)
})

e2e('workspaces have limits of their own, and one does not use up the other\'s', async (t) => {
  const config = withQuota({ items_per_second: 5 }, { list: [{ name: 'shop', quota: { items_per_second: 1, items_burst: 3 } }] })
  const { gateway } = await world(t, { config })
  assert.equal((await gateway.post('/v1/logs', records(3))).status, 200)
  assert.equal((await gateway.post('/v1/logs', records(1))).status, 429)
})

e2e('calendar quotas survive a restart, and a state file that is broken is set aside', async (t) => {
  const recorder = await Recorder.start(t)
  const dir = tempDir()
  const config = configTo({ endpoints: [recorder.url] }, withQuota({ items_per_day: 10 }, { quota_state: join(dir, 'quota') }))
  const first = await Gateway.start(t, { config })
  assert.equal((await first.post('/v1/logs', records(8))).status, 200)
  await first.finish()
  assert.match(readFileSync(join(dir, 'quota'), 'utf8'), /^redactd quota 2\nshop \d+ \d+ \d+ \d+ 8 8 /)
  const second = await Gateway.start(t, { config })
  const over = await second.post('/v1/logs', records(3))
  assert.equal(over.status, 429)
  assert.match(JSON.parse(over.text).message, /items_per_day is 10 items, 8 used, request has 3/)
  assert.equal((await second.post('/v1/logs', records(2))).status, 200)
  await second.finish()
  writeFileSync(join(dir, 'quota'), readFileSync(join(dir, 'quota'), 'utf8').replace(' 10 10 ', ' 0 0 '))
  const third = await Gateway.start(t, { config })
  assert.equal(third.event('quota_state_bad').length, 1)
  assert.equal((await third.post('/v1/logs', records(1))).status, 200)
  assert.match(readFileSync(join(dir, 'quota.bad'), 'utf8'), /^redactd quota 2\n/)
})

e2e('calendar quotas survive a crash', async (t) => {
  const recorder = await Recorder.start(t)
  const dir = tempDir()
  const config = configTo({ endpoints: [recorder.url] }, withQuota({ items_per_day: 10 }, { quota_state: join(dir, 'quota') }))
  const first = await Gateway.start(t, { config, checks: false })
  assert.equal((await first.post('/v1/logs', records(8))).status, 200)
  await until('the state to be saved', () => readFileSync(join(dir, 'quota'), 'utf8').includes(' 8 8 '))
  await first.finish()
  const second = await Gateway.start(t, { config })
  assert.equal((await second.post('/v1/logs', records(3))).status, 429)
})

e2e('OpenTelemetry exporters back off and deliver everything later, once', { timeoutMs: 120000 }, async (t) => {
  const { gateway, recorder } = await world(t, { config: withQuota({ requests_per_second: 2, requests_burst: 2 }) })
  const all = []
  for (const signal of ['logs', 'traces', 'metrics']) {
    for (const format of ['json', 'protobuf']) all.push(send(signal, format, { url: gateway.url }))
  }
  const results = await Promise.all(all)
  assert.deepEqual(results.map((r) => r.code), Array(6).fill(0), JSON.stringify(results))
  const arrived = (await recorder.take(6)).map((r) => `${r.target} ${r.header('content-type')}`)
  assert.equal(new Set(arrived).size, 6, `each once: ${arrived}`)
  const m = await gateway.metrics()
  assert.ok(metric(m, 'redactd_workspace_requests_rejected_total', { reason: 'quota' }) > 0, 'some were refused first')
  await sleep(0)
})
