// SPDX-License-Identifier: MIT
// Three gateways that share one workspace's quota through a real Redis.
// REDACTD_TEST_SECONDS: how long each runs (default 6).
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { e2e } from './lib/world.mjs'
import { Gateway, configTo } from './lib/gateway.mjs'
import { Recorder } from './lib/recorder.mjs'
import { Redis } from './lib/redis.mjs'
import { exchange } from './lib/http.mjs'
import { metric } from './lib/metrics.mjs'
import { logRequest } from './lib/samples.mjs'
import { sleep, tempDir, until } from './lib/process.mjs'

const SECONDS = Number(process.env.REDACTD_TEST_SECONDS ?? 6)
const SANITIZED = Boolean(process.env.REDACTD_SANITIZED) // slower: lower rates, of which one request is a larger part
const RATE = SANITIZED ? 200 : 600
const BURST = SANITIZED ? 100 : 300
const TOLERANCE = SANITIZED ? 0.1 : 0.03
const ITEMS = 10
const N = 3

const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: Array(ITEMS).fill({ body: { stringValue: 'x' } }) }] }] })

async function three (t, redis, more = {}) {
  const recorder = await Recorder.start(t)
  const config = configTo({ endpoints: [recorder.url] }, {
    threads: 1,
    workspaces: {
      anonymous: 'shop', quota: { items_per_second: RATE, items_burst: BURST, ...more.quota },
      redis: { address: redis.address, share: 33, timeout: '250ms', ...more.redis }
    }
  })
  const all = []
  for (let i = 0; i < N; i++) all.push(await Gateway.start(t, { config }))
  return all
}

// Load on all of them whose proportions change every sixth of the time; what was answered, when and with what.
async function load (gateways, seconds, during = async () => {}) {
  const shares = [[1, 1, 1], [6, 1, 1], [1, 8, 1], [1, 1, 0], [0, 0, 6], [4, 2, 1]]
  const answers = []
  const begun = Date.now()
  const agents = gateways.map(() => new Agent({ keepAlive: true, maxSockets: 16 }))
  const sender = async (i, k) => {
    while (Date.now() - begun < seconds * 1000) {
      const share = shares[Math.min(5, Math.floor((Date.now() - begun) / (seconds * 1000 / 6)))][i]
      if (k >= share) {
        await sleep(20)
        continue
      }
      const { status } = await exchange(gateways[i].port, { ...logRequest(''), body, agent: agents[i] })
      answers.push({ at: Date.now() - begun, status, i })
      await sleep(status === 200 ? 4 : 15)
    }
  }
  await Promise.all([during(begun), ...gateways.flatMap((_, i) => Array(8).fill(0).map((_, k) => sender(i, k)))])
  agents.forEach((agent) => agent.destroy())
  return { answers, seconds: (Date.now() - begun) / 1000 }
}

const admitted = (answers) => ITEMS * answers.filter((a) => a.status === 200).length

e2e('three gateways admit together what one would', { timeoutMs: 60000 + SECONDS * 2000 }, async (t) => {
  const redis = await Redis.start(t)
  const gateways = await three(t, redis)
  // Who wants more than there is uses all of it, and each of them says so.
  const ratio = async (g) => metric(await g.metrics(), 'redactd_workspace_limit_used_ratio', { workspace_id: 'shop', limit: 'items_burst' })
  const { answers, seconds } = await load(gateways, SECONDS, async () => {
    for (const g of gateways) await until('the limit to be near', async () => await ratio(g) > 0.8, SECONDS * 1000)
  })
  assert.ok(answers.every((a) => [200, 429].includes(a.status)))
  const after = admitted(answers.filter((a) => a.at >= 1000 && a.at < SECONDS * 1000))
  const want = RATE * (SECONDS - 1)
  t.diagnostic(`${after} items after the first second, ${want} wanted, ${(100 * after / want - 100).toFixed(2)} %`)
  assert.ok(Math.abs(after - want) <= TOLERANCE * want, `${after} of ${want}`)
  assert.ok(admitted(answers) <= BURST + RATE * seconds + 3 * 0.33 * BURST, 'within the documented bound')
  for (const g of gateways) {
    const m = await g.metrics()
    assert.equal(metric(m, 'redactd_quota_store_up'), 1)
    const rounds = metric(m, 'redactd_quota_store_rounds_total')
    t.diagnostic(`${(rounds / seconds).toFixed(1)} rounds a second`)
    assert.ok(rounds / seconds <= 20, `${rounds} rounds in ${seconds} s`)
  }
})

e2e('Redis killed and restarted empty: nothing fails, the bound holds, it heals', { timeoutMs: 60000 + SECONDS * 2000 }, async (t) => {
  const redis = await Redis.start(t)
  const gateways = await three(t, redis)
  const { answers, seconds } = await load(gateways, SECONDS, async () => {
    await sleep(SECONDS * 300)
    await redis.stop()
    await sleep(SECONDS * 300)
    for (const g of gateways) assert.equal(metric(await g.metrics(), 'redactd_quota_store_up'), 0)
    await redis.run()
  })
  const statuses = [...new Set(answers.map((a) => a.status))].sort()
  assert.deepEqual(statuses, [200, 429], 'no request failed')
  const total = admitted(answers)
  const bound = BURST + RATE * seconds + 3 * 0.33 * BURST + BURST
  t.diagnostic(`${total} items in ${seconds} s, at most ${Math.round(bound)}`)
  assert.ok(total <= bound, `${total} of at most ${bound}`)
  assert.ok(total >= 0.6 * RATE * seconds, `${total}: limits went on locally`)
  for (const g of gateways) {
    await until('it to heal', async () => metric(await g.metrics(), 'redactd_quota_store_up') === 1, 10000)
    assert.equal(g.event('quota_store_lost').length, 1)
    assert.equal(g.event('quota_store_back').length, 2)
  }
})

e2e('without Redis at the start, limits are local; a store that hangs holds up nobody', async (t) => {
  const redis = await Redis.start(t)
  process.kill(redis.child.pid, 'SIGSTOP')
  const gateways = await three(t, redis)
  const begun = Date.now()
  const first = await exchange(gateways[0].port, { ...logRequest(''), body })
  assert.equal(first.status, 200)
  assert.ok(Date.now() - begun < (SANITIZED ? 2000 : 200), 'no request waits for Redis')
  process.kill(redis.child.pid, 'SIGCONT')
  await until('it to heal', async () => metric(await gateways[0].metrics(), 'redactd_quota_store_up') === 1, 10000)
})

e2e('calendar quotas are counted together, and a store that lost them is told', async (t) => {
  const redis = await Redis.start(t)
  const gateways = await three(t, redis, { quota: { items_per_second: 100000, items_burst: 100000, items_per_day: 60 } })
  const post = (g) => exchange(g.port, { ...logRequest(''), body })
  const used = async () => Number(/\r\n(\d+)/.exec(await redis.command('HGET redactd:{shop}:used u0'))?.[1] ?? 0)
  for (const g of gateways) assert.equal((await post(g)).status, 200)
  let admitted = 3
  await until('all to know', async () => {
    await sleep(400) // some rounds, in which they hear of each other
    const answers = await Promise.all(gateways.map(post))
    admitted += answers.filter((a) => a.status === 200).length
    return answers.every((a) => a.status === 429)
  })
  // Ten items each. The last round can admit one more with each of those who do not know of the others yet.
  assert.ok(admitted >= 5 && admitted <= 8, `${admitted} of 6`)
  await until('Redis to know', async () => await used() >= 10 * Math.min(admitted, 6))
  await redis.command('FLUSHALL')
  await sleep(300)
  assert.equal((await post(gateways[0])).status, 429)
  await until('Redis to be told', async () => { await post(gateways[1]); return await used() >= 10 * Math.min(admitted, 6) })
})

e2e('TLS and AUTH to Redis', async (t) => {
  const dir = tempDir()
  const pem = (name) => join(dir, name)
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=redis', '-addext', 'subjectAltName=DNS:redis.example', '-keyout', pem('key.pem'), '-out', pem('cert.pem')], { stdio: 'ignore' })
  const args = ['--tls-cert-file', pem('cert.pem'), '--tls-key-file', pem('key.pem'), '--tls-auth-clients', 'no', '--requirepass', 'hunter2hunter2']
  const redis = await Redis.start(t, { args })
  const tls = { ca: pem('cert.pem'), server_name: 'redis.example' }
  const port = redis.port + 1
  await redis.stop()
  redis.args = [...args, '--tls-port', String(port)]
  await redis.run()
  const up = async (g) => { await exchange(g.port, { ...logRequest(''), body }); return metric(await g.metrics(), 'redactd_quota_store_up') }
  const [right] = await three(t, { address: `127.0.0.1:${port}` }, { redis: { tls, password: 'hunter2hunter2' } })
  await until('a lease over TLS', async () => await up(right) === 1)
  const [wrongName] = await three(t, { address: `127.0.0.1:${port}` }, { redis: { tls: { ca: tls.ca, server_name: 'other.example' }, password: 'hunter2hunter2' } })
  const [wrongPassword] = await three(t, { address: `127.0.0.1:${port}` }, { redis: { tls, password: 'wrong-password' } })
  await until('both to be refused', () => wrongName.event('quota_store_lost').length + wrongPassword.event('quota_store_lost').length >= 2)
  assert.equal(wrongName.event('quota_store_lost')[0].why, 'TLS handshake failed')
  assert.equal(wrongPassword.event('quota_store_lost')[0].why, 'AUTH was refused')
  assert.equal(await up(wrongName), 0)
})
