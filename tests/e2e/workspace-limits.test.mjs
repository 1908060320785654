// SPDX-License-Identifier: MIT
// What an operator does about one workspace at night: looks at its limits, changes them for a while, blocks it; and
// that a restart and a crash forget none of it.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { e2e } from './lib/world.mjs'
import { Gateway, configTo } from './lib/gateway.mjs'
import { Recorder } from './lib/recorder.mjs'
import { metric } from './lib/metrics.mjs'
import { logRequest } from './lib/samples.mjs'
import { REDACTD } from './lib/paths.mjs'
import { tempDir, until } from './lib/process.mjs'

const [VIEWER, OPERATOR] = ['viewer-token-0123456789', 'operator-token-0123456789']
const sha256 = (s) => createHash('sha256').update(s).digest('hex')
const tokens = [{ name: 'eve', sha256: sha256(VIEWER) }, { name: 'otto', sha256: sha256(OPERATOR), role: 'operator' }]
const quota = { requests_per_second: 1, requests_burst: 10, items_per_day: 1000, line_bytes: 1000 }

const records = (n) => ({
  ...logRequest(''),
  body: JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: Array(n).fill({ body: { stringValue: 'x' } }) }] }] })
})

async function start (t, { dir = tempDir(), ...options } = {}) {
  const recorder = await Recorder.start(t)
  const config = configTo({ endpoints: [recorder.url] }, {
    admin: { tokens }, workspaces: { anonymous: 'shop', quota, quota_state: join(dir, 'quota'), list: [{ name: 'other' }] }
  })
  const gateway = await Gateway.start(t, { config, ...options })
  const verb = (...args) => execFileSync(REDACTD, ['workspace', ...args, '--admin', `127.0.0.1:${gateway.adminPort}`], { env: { ...process.env, REDACTD_ADMIN_TOKEN: OPERATOR }, stdio: ['ignore', 'pipe', 'pipe'] }).toString()
  return { gateway, verb, dir, post: (n) => gateway.post('/v1/logs', records(n)) }
}

const limitOf = (shown, word) => shown.limits.find((l) => l.limit === word)

e2e('show says what is limited, how much of it is used and when it begins anew', async (t) => {
  const { gateway, verb, post } = await start(t)
  for (let i = 0; i < 3; i++) assert.equal((await post(100)).status, 200)
  const shown = JSON.parse(verb('show', 'shop', '--json'))
  assert.deepEqual([shown.mode, shown.shared, shown.override_until, shown.blocked_until], ['enforce', 'no', null, null])
  const day = limitOf(shown, 'items_per_day')
  assert.deepEqual([day.value, day.used, day.used_ratio, day.unit, day.overridden], [1000, 300, 0.3, 'items', false])
  assert.ok(day.resets_at > Date.now() / 1000 && day.resets_at <= Date.now() / 1000 + 86400 && day.resets_at % 86400 === 0)
  assert.equal(limitOf(shown, 'requests_per_second').used, null, 'its burst tells')
  assert.ok(limitOf(shown, 'requests_burst').used >= 1)
  assert.deepEqual([limitOf(shown, 'line_bytes').value, limitOf(shown, 'line_bytes').used], [1000, null], 'of each line by itself')
  const text = verb('show', 'shop')
  assert.match(text, /^LIMIT +VALUE +USED +RATIO +RESETS +OVERRIDDEN$/m)
  assert.match(text, /^items_per_day +1000 +300 +0\.3 +\d{4}-\d\d-\d\dT00:00:00Z +no$/m)
  const other = JSON.parse(verb('show', 'other', '--json'))
  assert.equal(limitOf(other, 'items_per_day').used, 0, 'also of one that never sent')
  assert.equal(metric(await gateway.metrics(), 'redactd_workspace_limit_used_ratio', { workspace_id: 'shop', limit: 'items_per_day' }), 0.3)
  assert.ok(!(await gateway.metrics()).redactd_workspace_limit_used_ratio.some((row) => row.labels.limit === 'line_bytes'))
})

e2e('the ratio is near 1 before anybody is refused, and the event says it once', async (t) => {
  const { gateway, post } = await start(t)
  const ratio = async () => metric(await gateway.metrics(), 'redactd_workspace_limit_used_ratio', { workspace_id: 'shop', limit: 'items_per_day' })
  for (let i = 0; i < 5; i++) assert.equal((await post(160)).status, 200)
  assert.equal(await ratio(), 0.8)
  assert.equal((await post(100)).status, 200)
  assert.equal(await ratio(), 0.9)
  const near = gateway.event('quota_near').filter((e) => e.limit === 'items_per_day')
  assert.deepEqual(near.map((e) => [e.workspace, e.used, e.of]), [['shop', 800, 1000]])
  assert.equal(metric(await gateway.metrics(), 'redactd_workspace_limited_total', { limit: 'items_per_day' }), 0)
})

e2e('an operator changes limits for a while: on all threads, by role, written down, and they end by themselves', async (t) => {
  const { gateway, verb, post } = await start(t)
  const shown = JSON.parse(verb('limit', 'shop', 'items_per_day=50', '--ttl', '1h', '--json'))
  assert.deepEqual([limitOf(shown, 'items_per_day').value, limitOf(shown, 'items_per_day').overridden], [50, true])
  assert.ok(shown.override_until > Date.now() / 1000 + 3500)
  const over = await post(51)
  assert.equal(over.status, 413)
  assert.match(over.text, /items_per_day is 50 items/)
  verb('limit', 'shop', 'mode=shadow', '--ttl', '1h')
  for (let i = 0; i < 12; i++) assert.equal((await post(1)).status, 200, 'each on a connection, so on any thread')
  verb('limit', 'shop', '--end')
  assert.equal(JSON.parse(verb('show', 'shop', '--json')).override_until, null)
  verb('limit', 'shop', 'bytes_per_day=1KiB', 'requests_burst=1000', 'requests_per_second=1000', '--ttl', '1s')
  await until('the override to end', async () => JSON.parse(verb('show', 'shop', '--json')).override_until === null)
  assert.equal(limitOf(JSON.parse(verb('show', 'shop', '--json')), 'items_per_day').value, 1000)

  for (const [args, says] of [
    [['shop', 'items_per_day=5'], /--ttl must say for how long/],
    [['shop', 'items_per_year=5', '--ttl', '1h'], /names no limit/],
    [['shop', 'items_per_day', '--ttl', '1h'], /is no limit: write LIMIT=VALUE/],
    [['shop', 'items_per_day=0', '--ttl', '1h'], /whole number from 1/],
    [['shop', 'mode=off', '--ttl', '1h'], /`mode` must be enforce or shadow/],
    [['shop', 'items_burst=5', '--ttl', '1h'], /a burst needs a rate/],
    [['shop', '--ttl', '1h'], /must say something/],
    [['nowhere', 'items_per_day=5', '--ttl', '1h'], /no such workspace/],
    [['shop'], /usage/]
  ]) assert.throws(() => verb('limit', ...args), says, args.join(' '))
  const body = { seconds: 60, limits: { items_per_day: 5 } }
  assert.equal((await gateway.api('PUT', '/api/v1/limits/shop', { token: VIEWER, body })).status, 403)
  assert.equal((await gateway.api('PUT', '/api/v1/limits/shop', { body })).status, 401)
  assert.equal((await gateway.api('PUT', '/api/v1/limits/shop', { token: OPERATOR, body: { ...body, limits: { items_per_day: 1.5 } } })).status, 400)
  const calls = gateway.event('admin_call').map(({ who, action, target, result }) => [who, action, target, result])
  assert.deepEqual(calls.slice(0, 4), [
    ['otto', 'workspace_limit', 'shop ttl_s=3600 items_per_day=50', 'done'],
    ['otto', 'workspace_limit', 'shop ttl_s=3600 mode=shadow', 'done'],
    ['otto', 'workspace_limit_end', 'shop', 'done'],
    ['otto', 'workspace_limit', 'shop ttl_s=1 requests_per_second=1000 requests_burst=1000 bytes_per_day=1024', 'done']
  ])
  assert.ok(calls.some(([who, , , result]) => who === 'eve' && result === 'forbidden'))
})

e2e('blocks and overrides outlive a restart and a crash', async (t) => {
  const first = await start(t, { checks: false })
  const state = () => readFileSync(join(first.dir, 'quota'), 'utf8')
  first.verb('block', 'shop', '--ttl', '1h')
  first.verb('limit', 'other', 'items_per_day=7', 'mode=shadow', '--ttl', '1h')
  await until('both to be saved', () => /^other .* override \d+ shadow items_per_day=7$/m.test(state()) && /^shop (0 |\d+ ){8}\d{10}$/m.test(state()))
  await first.gateway.finish() // kill -9
  const second = await start(t, { dir: first.dir })
  const refused = await second.post(1)
  assert.equal(refused.status, 429)
  assert.ok(Number(refused.headers['retry-after']) > 0)
  assert.ok(JSON.parse(second.verb('show', 'shop', '--json')).blocked_until > Date.now() / 1000 + 3500)
  assert.equal(metric(await second.gateway.metrics(), 'redactd_workspace_blocked', { workspace_id: 'shop' }), 1)
  const other = JSON.parse(second.verb('show', 'other', '--json'))
  assert.deepEqual([limitOf(other, 'items_per_day').value, other.mode], [7, 'shadow'])
  assert.ok(other.override_until > Date.now() / 1000 + 3500)
  second.verb('unblock', 'shop')
  assert.equal((await second.post(1)).status, 200)
  await second.gateway.finish()
  const third = await start(t, { dir: first.dir })
  assert.equal((await third.post(1)).status, 200, 'what was taken back does not come again')
  assert.match(third.verb('ls'), /^shop +shop +-$/m)
})
