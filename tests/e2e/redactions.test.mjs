// SPDX-License-Identifier: MIT
// What was done to which class of field of which workspace by which rule: the same in the metrics, on the command line
// and in the ledger, whatever was sent and reloaded, and nothing of what was sent in any of them.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { e2e, world } from './lib/world.mjs'
import { configTo } from './lib/gateway.mjs'
import { sendWinston } from './lib/loki-clients.mjs'
import { metric } from './lib/metrics.mjs'
import { send } from './lib/otel.mjs'
import { Child, until } from './lib/process.mjs'
import { TYPES } from './lib/samples.mjs'
import { assertClean } from './lib/secrets.mjs'
import { REDACTD } from './lib/paths.mjs'

const token = (name) => `${name}-`.padEnd(32, '0')
const sha256 = (text) => createHash('sha256').update(text).digest('hex')
const VIEWER = token('viewer')
const as = (name) => ({ Authorization: `Bearer ${token(name)}` })

const settings = (redaction, names) => ({
  admin: { tokens: [{ name: 'eve', sha256: sha256(VIEWER) }] },
  redaction,
  ledger: { directory: 'ledger' },
  workspaces: { anonymous: 'guests', list: names.map((name) => ({ name, tokens: [sha256(token(name))] })) }
})

async function verb (gateway, ...args) {
  const child = new Child(REDACTD, [...args, '--admin', `127.0.0.1:${gateway.adminPort}`], { env: { ...process.env, REDACTD_ADMIN_TOKEN: VIEWER } })
  const { code } = await child.end(null)
  const out = child.stdout.toString()
  assertClean(args.join(' '), out)
  return { code, out, err: child.stderr.toString() }
}

// {'rule field action': n} of rows that have these keys, added up.
const addUp = (rows, ...keys) => rows.reduce((sums, row) => {
  const name = keys.map((key) => row[key]).join(' ')
  return { ...sums, [name]: (sums[name] ?? 0) + row.n }
}, {})

const series = (m) => (m.redactd_workspace_redactions_total ?? []).map(({ labels: { workspace_id: workspace, ...labels }, value }) => ({ workspace, ...labels, n: value }))
const ofSignals = (m) => m.redactd_redactions_total.map(({ labels, value }) => ({ ...labels, n: value }))

// The two families are counted side by side, so they say the same of what both know.
function assertSums (m, keys = ['rule', 'field']) {
  const rows = series(m)
  assert.ok(rows.length > 0)
  assert.deepEqual(addUp(rows, ...keys), addUp(ofSignals(m), ...keys))
}

async function assertVerbs (gateway, m, workspace) {
  const of = (name) => series(m).filter((row) => row.workspace === name)
  const { out, code } = await verb(gateway, 'rules', 'counts', '--workspace', workspace, '--json')
  assert.equal(code, 0)
  const answer = JSON.parse(out)
  const rows = answer.redactions.map(({ finds, ...row }) => ({ ...row, n: finds }))
  assert.equal(answer.workspace, workspace)
  assert.deepEqual(addUp(rows, 'rule', 'field', 'action'), addUp(of(workspace), 'rule', 'field', 'action'))
  assert.equal(answer.finds, rows.reduce((n, row) => n + row.n, 0))
  const all = JSON.parse((await verb(gateway, 'rules', 'counts', '--json')).out)
  assert.equal(all.workspace, null)
  assert.deepEqual(addUp(all.redactions.map(({ finds, ...row }) => ({ ...row, n: finds })), 'rule', 'field', 'action'), addUp(series(m), 'rule', 'field', 'action'))
  const table = (await verb(gateway, 'rules', 'counts', '--workspace', workspace)).out
  for (const { rule, field, action, n } of rows) assert.match(table, new RegExp(`^${rule} +${field} +${action} +${n}$`, 'm'))
  assert.match(table, new RegExp(`^${answer.finds} finds since \\d{4}-\\d\\d-\\d\\dT[\\d:]+Z$`, 'm'))
  const rules = JSON.parse((await verb(gateway, 'rules', 'ls', '--workspace', workspace, '--json')).out).rules
  const byRule = addUp(of(workspace), 'rule')
  for (const { rule, finds } of rules) assert.equal(finds, byRule[rule] ?? 0, rule)
}

async function assertLedger (gateway, m, configs) {
  const dir = join(gateway.dir, 'ledger')
  const text = readdirSync(dir).sort().map((name) => readFileSync(join(dir, name), 'utf8')).join('')
  assertClean('the ledger', text)
  const records = text.trimEnd().split('\n').map((line) => JSON.parse(line))
  assert.ok(records.every((r) => r.format === 2))
  const keys = ['workspace', 'rule', 'field', 'action']
  assert.deepEqual(addUp(records.flatMap((r) => r.redactions ?? []), ...keys), addUp(series(m), ...keys))

  const sums = async (...args) => {
    const child = new Child(REDACTD, ['ledger', 'counts', dir, ...args])
    assert.equal((await child.end(null)).code, 0)
    return child.stdout.toString()
  }
  const { finds, redactions, sha256: head } = JSON.parse(await sums('--json'))
  assert.deepEqual(addUp(redactions.map((row) => ({ ...row, n: row.finds })), ...keys), addUp(series(m), ...keys))
  assert.equal(finds, redactions.reduce((n, row) => n + row.finds, 0))
  assert.equal(head, records.at(-1).sha256)
  assert.equal(new Set(redactions.map((row) => row.config)).size, configs)
  const table = await sums()
  for (const { workspace, rule, field, action, config, finds } of redactions) {
    assert.match(table, new RegExp(`^${workspace} +${rule} +${field} +${action} +${config} +${finds}$`, 'm'))
  }
  const [{ workspace }] = redactions
  const ofOne = JSON.parse(await sums('--json', '--workspace', workspace)).redactions
  assert.deepEqual(ofOne, redactions.filter((row) => row.workspace === workspace))
  const from = records.at(-1).time
  assert.equal(JSON.parse(await sums('--json', '--from', from.slice(0, 10), '--to', from)).finds, finds)
  assert.equal(JSON.parse(await sums('--json', '--to', '2020')).finds, 0)
  return redactions
}

e2e('counts by workspace, rule, field and action: from real senders, over a reload', async (t) => {
  const shadow = { name: 'seen', pattern: 'order', mode: 'shadow' }
  const names = ['shop', 'bank']
  const { gateway, recorder } = await world(t, { config: settings({ rules: [shadow] }, names), recorder: { anyLabelOrder: true } })
  assert.deepEqual(await send('logs', 'protobuf', { url: gateway.url, headers: as('shop') }), { code: 0 })
  assert.deepEqual(await send('metrics', 'protobuf', { url: gateway.url, gzip: true, headers: as('shop') }), { code: 0 })
  assert.deepEqual(await send('traces', 'json', { url: gateway.url, headers: as('bank') }), { code: 0 })
  assert.deepEqual(await sendWinston(gateway.url, { json: true }), [])
  await recorder.take(4)
  let m = await gateway.metrics()
  const n = (workspace, rule, field, action) => metric(m, 'redactd_workspace_redactions_total', { workspace_id: workspace, rule, field, action })
  assertSums(m)
  assert.ok(n('shop', 'email', 'body', 'mask') >= 2)
  assert.ok(n('shop', 'keys', 'attribute', 'mask') >= 2)
  assert.equal(n('shop', 'seen', 'body', 'shadow'), 1)
  assert.ok(n('bank', 'email', 'span_name', 'mask') >= 1)
  assert.equal(n('bank', 'email', 'body'), 0)
  assert.ok(n('guests', 'keys', 'label', 'drop') >= 1)
  assert.ok(n('guests', 'email', 'label', 'mask') >= 1)
  for (const workspace of [...names, 'guests']) await assertVerbs(gateway, m, workspace)
  assert.equal((await verb(gateway, 'rules', 'counts', '--workspace', 'nobody')).code, 1)
  assert.equal((await verb(gateway, 'rules', 'counts', '--unused')).code, 64)
  assert.equal((await gateway.api('GET', '/api/v1/redactions')).status, 401)

  // What a rule does from now on is counted beside what it did; what is no rule any more keeps its counts.
  const masked = n('shop', 'email', 'body', 'mask')
  const anew = { rules: [{ name: 'email', detector: 'email', action: { replace: '<mail>' } }] }
  gateway.configure({ ...configTo({ endpoints: [recorder.url] }, settings(anew, names)) })
  gateway.signal('SIGHUP')
  const isNoted = (name) => readFileSync(join(gateway.dir, 'ledger', name), 'utf8').includes('"kind":"config"')
  await until('the reload in the ledger', () => readdirSync(join(gateway.dir, 'ledger')).some(isNoted))
  const before = gateway.event('ready')[0].hash
  assert.deepEqual(await send('logs', 'protobuf', { url: gateway.url, headers: as('shop') }), { code: 0 })
  await recorder.take(5)
  m = await gateway.metrics()
  assertSums(m)
  assert.equal(n('shop', 'email', 'body', 'mask'), masked)
  assert.equal(n('shop', 'email', 'body', 'replace'), masked)
  assert.equal(n('shop', 'seen', 'body', 'shadow'), 1)
  await assertVerbs(gateway, m, 'shop')
  await gateway.finish()
  const redactions = await assertLedger(gateway, m, 2)
  for (const { action, config } of redactions.filter((row) => row.rule === 'email')) assert.equal(config === before, action === 'mask')
})

e2e('a workspace that makes every series there could be loses detail, no sums, and takes nothing from others', async (t) => {
  const words = Array.from({ length: 60 }, (_, i) => `word${String.fromCharCode(97 + i / 10, 97 + i % 10)}`)
  const rules = words.map((word) => ({ name: `rule-${word}`, pattern: word }))
  const { gateway } = await world(t, { config: settings({ rule_sets: [], rules }, ['loud', 'quiet']) })
  const text = { stringValue: words.join(' ') }
  const attributes = [{ key: 'a', value: text }]
  const record = { body: text, attributes, eventName: text.stringValue, severityText: text.stringValue }
  const body = JSON.stringify({ resourceLogs: [{ resource: { attributes }, scopeLogs: [{ scope: { attributes }, logRecords: [record] }] }] })
  const post = async (name, body) => assert.equal((await gateway.post('/v1/logs', { headers: { 'Content-Type': TYPES.json, ...as(name) }, body })).status, 200)
  await post('loud', body)
  await post('loud', body)
  await post('quiet', JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: text }] }] }] }))
  const m = await gateway.metrics()
  assertSums(m, ['rule'])
  const rows = series(m)
  const loud = rows.filter((row) => row.workspace === 'loud')
  const other = loud.filter((row) => row.field === '__other__')
  assert.equal(loud.length - other.length, 256)
  assert.ok(other.length > 0 && other.every((row) => row.action === '__other__' && row.rule.startsWith('rule-word')))
  assert.deepEqual(rows.filter((row) => row.workspace === 'quiet').map((row) => [row.field, row.action, row.n]), words.map(() => ['body', 'mask', 1]))
  await assertVerbs(gateway, m, 'loud')
  await gateway.finish()
  await assertLedger(gateway, m, 1)
})
