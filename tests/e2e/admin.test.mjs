// SPDX-License-Identifier: MIT
// The admin API and the verbs that use it: who may do what, what is written down about it, and what a stranger learns.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Child, freePort, tempDir, until } from './lib/process.mjs'
import { Gateway, configTo } from './lib/gateway.mjs'
import { metric } from './lib/metrics.mjs'
import { Raw, exchange, rawExchange } from './lib/http.mjs'
import { REDACTD } from './lib/paths.mjs'
import { e2e } from './lib/world.mjs'

const token = () => randomBytes(24).toString('hex')
const VIEWER = token()
const OPERATOR = token()
const hash = (text) => createHash('sha256').update(text).digest('hex')
const TOKENS = [{ name: 'eve', sha256: hash(VIEWER) }, { name: 'otto', sha256: hash(OPERATOR), role: 'operator' }]

const start = (t, more = {}) => Gateway.start(t, { config: configTo({ store: 'data' }, { admin: { tokens: TOKENS }, ...more }) })
const audit = (gateway) => gateway.event('admin_call').map(({ who, action, target, result, status }) => ({ who, action, target, result, status }))

// The line is written before the answer, but read here a moment later.
async function audited (gateway, expected) {
  await until('the audit log', () => audit(gateway).length >= expected.length).catch(() => {})
  assert.deepEqual(audit(gateway), expected)
}

async function verb (args, { env = {}, cwd } = {}) {
  const child = new Child(REDACTD, args, { cwd, env: { ...process.env, ...env } })
  const { code } = await child.end(null)
  return { code, out: child.stdout.toString(), err: child.stderr.toString() }
}

e2e('without a token: health and metrics, and nothing else', async (t) => {
  const gateway = await start(t)
  for (const path of ['/livez', '/readyz', '/metrics']) assert.equal((await gateway.admin(path)).status, 200, path)
  const wrong = [undefined, '', 'x', VIEWER.slice(0, -1), VIEWER + 'x', VIEWER.toUpperCase(), hash(OPERATOR), ` ${VIEWER}`]
  for (const token of wrong) {
    const res = await gateway.api('GET', '/api/v1/status', { token })
    assert.equal(res.status, 401, JSON.stringify(token))
    assert.equal(res.headers['www-authenticate'], 'Bearer')
    assert.equal((await gateway.api('PUT', '/api/v1/log-level', { token, body: { level: 'debug' } })).status, 401)
  }
  for (const scheme of ['Basic', 'Token', 'Bearer:', '']) {
    const { status } = await exchange(gateway.adminPort, { method: 'GET', path: '/api/v1/status', headers: { Authorization: `${scheme} ${OPERATOR}`.trim() } })
    assert.equal(status, 401, scheme)
  }
  assert.deepEqual(audit(gateway), [], 'nothing was done')
  await until('a refusal in the log', () => gateway.event('admin_refused').length > 0)
})

e2e('rules: what each has done since the start, and which never did', async (t) => {
  const gateway = await start(t)
  const body = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'by jane@example.com' }, attributes: [{ key: 'user_id', value: { stringValue: '7' } }] }] }] }] }
  assert.equal((await gateway.post('/v1/logs', { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })).status, 200)
  const { status, json } = await gateway.api('GET', '/api/v1/rules', { token: VIEWER })
  assert.equal(status, 200)
  const rule = (name) => json.rules.find((r) => r.rule === name)
  const { own_us_per_mib, shared_us_per_mib, ...email } = rule('email')
  assert.deepEqual(email, { rule: 'email', kind: 'detector', mode: 'enforce', action: 'mask', label_action: 'mask', logs: 1, traces: 0, metrics: 0, loki_push: 0, finds: 1 })
  assert.ok(own_us_per_mib + shared_us_per_mib > 0, 'the first request is timed')
  assert.ok(Number.isInteger(own_us_per_mib) && Number.isInteger(shared_us_per_mib))
  assert.equal(rule('iban').own_us_per_mib, 0)
  assert.equal(json.timed.requests, 1)
  assert.equal(json.timed.bytes, JSON.stringify(body).length)
  assert.ok(json.timed.exact_us_per_mib >= own_us_per_mib && json.timed.rest_us_per_mib >= 0)
  const m = await gateway.metrics()
  const seconds = metric(m, 'redactd_rule_seconds_total', { rule: 'email' })
  assert.ok(seconds > 0 && seconds <= metric(m, 'redactd_search_seconds_total', { part: 'exact' }))
  assert.equal(metric(m, 'redactd_timed_bytes_total'), JSON.stringify(body).length)
  assert.deepEqual([rule('keys').finds, rule('keys').action, rule('keys').label_action], [1, 'mask', 'drop'])
  assert.equal(rule('iban').finds, 0)
  const env = { REDACTD_ADMIN_TOKEN: VIEWER }
  const all = await verb(['rules', 'ls', '--admin', `127.0.0.1:${gateway.adminPort}`], { env })
  assert.equal(all.code, 0, all.err)
  assert.match(all.out, /^email +detector +enforce +mask +1 +1 +0 +0 +0 +\d+ +\d+$/m)
  const unused = await verb(['rules', 'ls', '--unused', '--json', '--admin', `127.0.0.1:${gateway.adminPort}`], { env })
  assert.deepEqual(JSON.parse(unused.out).rules.map((r) => r.rule), json.rules.filter((r) => r.finds === 0).map((r) => r.rule))
  assert.equal((await verb(['rules', 'rm'], { env })).code, 64)
})

e2e('a viewer looks, an operator changes, and every change is written down', async (t) => {
  const gateway = await start(t)
  const status = await gateway.api('GET', '/api/v1/status', { token: VIEWER })
  assert.equal(status.status, 200)
  assert.equal(status.headers['content-type'], 'application/json')
  assert.equal(status.json.caller, 'eve')
  assert.equal(status.json.ready, true)
  assert.equal((await gateway.api('PUT', '/api/v1/log-level', { token: VIEWER, body: { level: 'debug' } })).status, 403)
  assert.equal((await gateway.api('PUT', '/api/v1/log-level', { token: OPERATOR, body: { level: 'loud' } })).status, 400)
  assert.equal((await gateway.api('PUT', '/api/v1/log-level', { token: OPERATOR, body: ['level'] })).status, 400)
  const done = await gateway.api('PUT', '/api/v1/log-level', { token: OPERATOR, body: { level: 'error' } })
  assert.deepEqual([done.status, done.json], [200, { level: 'error' }])
  await audited(gateway, [
    { who: 'eve', action: 'log_level', target: '', result: 'forbidden', status: 403 },
    { who: 'otto', action: 'log_level', target: '', result: 'failed', status: 400 },
    { who: 'otto', action: 'log_level', target: '', result: 'failed', status: 400 },
    { who: 'otto', action: 'log_level', target: 'error', result: 'done', status: 200 }
  ])
})

e2e('an audit line is neither below the level nor held back', async (t) => {
  const gateway = await start(t)
  for (let i = 0; i < 60; i++) {
    assert.equal((await gateway.api('PUT', '/api/v1/log-level', { token: OPERATOR, body: { level: 'error' } })).status, 200)
  }
  await until('all lines', () => audit(gateway).length === 60)
  assert.deepEqual(gateway.event('admin_call').filter((e) => e.held_back !== undefined), [])
})

e2e('methods, bodies and browsers', async (t) => {
  const gateway = await start(t)
  const post = await gateway.api('POST', '/api/v1/log-level', { token: OPERATOR })
  assert.deepEqual([post.status, post.headers.allow], [405, 'PUT'])
  assert.equal((await exchange(gateway.adminPort, { method: 'HEAD', path: '/api/v1/status', headers: { Authorization: `Bearer ${VIEWER}` } })).status, 200)
  const large = await exchange(gateway.adminPort, { method: 'PUT', path: '/api/v1/log-level', headers: { Authorization: `Bearer ${OPERATOR}` }, body: 'x'.repeat(100000) })
  assert.equal(large.status, 413)
  const chunked = await exchange(gateway.adminPort, { method: 'PUT', path: '/api/v1/log-level', headers: { Authorization: `Bearer ${OPERATOR}` }, body: 'x'.repeat(100000), chunked: true })
  assert.equal(chunked.status, 413)
  // A page of another origin asks first, and is told nothing that would let it.
  const asked = await exchange(gateway.adminPort, { method: 'OPTIONS', path: '/api/v1/log-level', headers: { Origin: 'http://evil.example', 'Access-Control-Request-Method': 'PUT', 'Access-Control-Request-Headers': 'authorization' } })
  assert.equal(asked.status, 405)
  for (const res of [asked, await exchange(gateway.adminPort, { method: 'GET', path: '/api/v1/status', headers: { Origin: 'http://evil.example', Authorization: `Bearer ${VIEWER}` } })]) {
    assert.deepEqual(Object.keys(res.headers).filter((h) => h.startsWith('access-control')), [])
  }
  const left = await Raw.open(gateway.adminPort)
  left.send(`PUT /api/v1/log-level HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${OPERATOR}\r\nContent-Length: 50\r\n\r\n{`)
  await new Promise((resolve) => setTimeout(resolve, 50))
  left.close()
  await until('the call that was abandoned', () => audit(gateway).some((e) => e.result === 'abandoned'))
  const { answers } = await rawExchange(gateway.adminPort, `GET /api/v1/status HTTP/1.1\r\nHost: x\r\nAuthorization: bearer ${VIEWER}\r\n\r\n`)
  assert.equal(answers[0].status, 200, 'the scheme is case-insensitive')
})

e2e('a reload gives and takes tokens', async (t) => {
  const gateway = await start(t)
  const next = token()
  gateway.configure(configTo({ store: 'data' }, { admin: { tokens: [{ name: 'neo', sha256: hash(next) }] } }))
  gateway.signal('SIGHUP')
  await until('the new token to work', async () => (await gateway.api('GET', '/api/v1/status', { token: next })).status === 200)
  assert.equal((await gateway.api('GET', '/api/v1/status', { token: OPERATOR })).status, 401)
})

e2e('no token configured: the API is closed and says why', async (t) => {
  const gateway = await Gateway.start(t, { upstream: { endpoints: ['http://127.0.0.1:1'] } })
  const res = await gateway.api('GET', '/api/v1/status', { token: 'x' })
  assert.equal(res.status, 403)
  assert.match(res.json.error, /admin\.token_file/)
  const { code, err } = await verb(['status', '-c', gateway.file])
  assert.equal(code, 78)
  assert.match(err, /no token/)
})

e2e('a fresh install can be operated: the token is made, private, and the verbs find it', async (t) => {
  const gateway = await Gateway.start(t, { upstream: { store: 'data' } })
  const file = join(gateway.dir, 'data', 'admin.token')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const made = readFileSync(file, 'utf8')
  assert.match(made, /^[0-9a-f]{64}\n$/)
  const table = await verb(['status', '-c', gateway.file])
  assert.equal(table.code, 0, table.err)
  assert.match(table.out, /^ready +yes$/m)
  const json = await verb(['status', '--json', '--config', gateway.file])
  assert.equal(JSON.parse(json.out).role, 'operator')
  assert.equal((await verb(['log-level', 'warn', '-c', gateway.file])).code, 0)
  await audited(gateway, [{ who: 'token_file', action: 'log_level', target: 'warn', result: 'done', status: 200 }])
  assert.equal((await verb(['log-level', 'loud', '-c', gateway.file])).code, 1)
  const refused = await verb(['status', '-c', gateway.file], { env: { REDACTD_ADMIN_TOKEN: token() } })
  assert.deepEqual([refused.code, refused.out], [1, ''])
  assert.match(refused.err, /401/)
  const byAddress = await verb(['status', '--admin', `http://127.0.0.1:${gateway.adminPort}`, '--token-file', file])
  assert.equal(byAddress.code, 0, byAddress.err)
  for (const text of [gateway.child.stderr.toString(), (await gateway.admin('/metrics')).text, table.out, json.out]) assert.ok(!text.includes(made.trim()), 'the token is shown nowhere')
})

e2e('verbs: exit codes', async (t) => {
  const dir = tempDir()
  const file = join(dir, 'token')
  writeFileSync(file, token())
  chmodSync(file, 0o600)
  const port = await freePort()
  for (const [args, code] of [
    [['status', '--admin', `127.0.0.1:${port}`, '--token-file', file], 1],
    [['status', '--admin', '192.0.2.1:9464', '--token-file', file], 1],
    [['status', '--admin', 'nonsense', '--token-file', file], 64],
    [['status', '--admin'], 64],
    [['status', 'extra', '--admin', `127.0.0.1:${port}`, '--token-file', file], 64],
    [['log-level', '--admin', `127.0.0.1:${port}`, '--token-file', file], 64],
    [['status', '-c', '/nonexistent.yaml'], 78]
  ]) {
    const done = await verb(args)
    assert.equal(done.code, code, `${args.join(' ')}: ${done.err}`)
    assert.equal(done.out, '')
    assert.notEqual(done.err, '')
  }
})

e2e('a token that everyone may read: redactd does not start', async (t) => {
  const dir = tempDir()
  writeFileSync(join(dir, 'token'), token())
  chmodSync(join(dir, 'token'), 0o644)
  writeFileSync(join(dir, 'redactd.yaml'), JSON.stringify(configTo({ store: 'data' }, { admin: { address: `127.0.0.1:${await freePort()}`, token_file: 'token' }, listeners: [{ address: `127.0.0.1:${await freePort()}` }] })))
  const { code, err } = await verb(['run', '-c', 'redactd.yaml'], { cwd: dir })
  assert.equal(code, 1)
  assert.match(err, /admin\.token_file .*token: everyone may read it/)
})
