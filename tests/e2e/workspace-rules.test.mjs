// SPDX-License-Identifier: MIT
// Rules of single workspaces, in the file of workspaces: what they change, for whom, and that the file may change.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { e2e, world } from './lib/world.mjs'
import { metric } from './lib/metrics.mjs'
import { logRequest } from './lib/samples.mjs'
import { REDACTD } from './lib/paths.mjs'
import { Child, tempDir, until } from './lib/process.mjs'

const token = (name) => `${name}-`.padEnd(32, '0')
const entry = (name, more = {}) => ({ name, tokens: [createHash('sha256').update(token(name)).digest('hex')], ...more })
const file = (...workspaces) => JSON.stringify({ version: 1, workspaces })
const ticket = { name: 'ticket', pattern: 'T-\\d{6}', action: { replace: '<ticket>' } }

const VIEWER = token('viewer')
const ADMIN = { tokens: [{ name: 'eve', sha256: createHash('sha256').update(VIEWER).digest('hex') }] }

// The verbs, asked while the workspaces are as the first test begins.
async function showsRules (gateway) {
  const admin = ['--admin', `127.0.0.1:${gateway.adminPort}`]
  const verb = async (...args) => {
    const child = new Child(REDACTD, [...args, ...admin], { env: { ...process.env, REDACTD_ADMIN_TOKEN: VIEWER } })
    const { code } = await child.end(null)
    return { code, out: child.stdout.toString(), err: child.stderr.toString() }
  }
  const { out } = await verb('rules', 'ls', '--workspace', 'support', '--json')
  const { workspace, rules } = JSON.parse(out)
  const rule = (name) => rules.find((r) => r.rule === name)
  assert.equal(workspace, 'support')
  const what = (name) => { const { of, mode, finds } = rule(name); return [of, mode, finds] }
  assert.deepEqual(what('ticket'), ['workspace', 'enforce', 1])
  assert.deepEqual(what('ipv4'), ['all', 'relaxed', 0])
  assert.deepEqual(what('email'), ['all', 'enforce', 0])
  assert.equal(rules[0].rule, 'ticket')
  const shop = (await gateway.api('GET', '/api/v1/rules/shop', { token: VIEWER })).json.rules
  assert.equal(shop.find((r) => r.rule === 'ticket'), undefined)
  assert.deepEqual(shop.filter((r) => r.finds > 0).map((r) => [r.rule, r.mode, r.finds]), [['ipv4', 'enforce', 1]])
  assert.match((await verb('rules', 'ls', '--workspace', 'support')).out, /^ticket +pattern +workspace +enforce +replace +1 +\d+ +\d+$/m)
  const unused = await verb('rules', 'ls', '--unused', '--workspace', 'support')
  assert.ok(/^email /m.test(unused.out) && !/^ticket /m.test(unused.out), unused.out)
  assert.equal((await verb('rules', 'ls', '--workspace', 'nobody')).code, 1)
  assert.equal((await verb('rules', 'ls', '--workspace')).code, 64)
  const shown = await verb('workspace', 'show', 'support')
  assert.match(shown.out, /^rules +ticket$/m)
  assert.match(shown.out, /^relax +ipv4$/m)
  assert.match(shown.out, /^digest_key +-$/m)
}

const post = (gateway, name, text) => {
  const request = logRequest(text)
  return gateway.post(undefined, { ...request, headers: { ...request.headers, Authorization: `Bearer ${token(name)}` } })
}

e2e('a workspace adds rules, and relaxes what the operator lets it; others notice nothing', async (t) => {
  const path = join(tempDir(), 'workspaces.json')
  writeFileSync(path, file(entry('support', { rules: [ticket], relax: ['ipv4'] }), entry('shop'), entry('twin', { rules: [ticket], relax: ['ipv4'] })))
  const { gateway, recorder } = await world(t, { config: { admin: ADMIN, redaction: { allow_relax: ['ipv4'] }, workspaces: { anonymous: 'guests', file: path } } })
  const line = 'T-123456 from 198.51.100.23'
  for (const name of ['support', 'shop', 'twin']) assert.equal((await post(gateway, name, line)).status, 200, name)
  const seen = () => recorder.requests().map((r) => JSON.parse(r.plain).resourceLogs[0].scopeLogs[0].logRecords[0].body.stringValue)
  await recorder.take(3)
  assert.deepEqual(seen(), ['<ticket> from 198.51.100.23', 'T-123456 from 198.51.100.***', '<ticket> from 198.51.100.23'])
  const m = await gateway.metrics()
  assert.equal(metric(m, 'redactd_workspace_redactions_total', { workspace_id: 'support', rule: 'ticket' }), 1)
  assert.equal(metric(m, 'redactd_workspace_redactions_total', { workspace_id: 'shop', rule: 'ticket' }), 0)
  await showsRules(gateway)

  // A mistake changes nothing; a change takes effect without a restart.
  writeFileSync(path, file(entry('support', { relax: ['email'] }), entry('shop')))
  await until('the refusal', () => gateway.event('workspaces_rejected').length > 0)
  assert.equal((await post(gateway, 'twin', line)).status, 200)
  await recorder.take(4)
  assert.equal(seen()[3], '<ticket> from 198.51.100.23')
  const loaded = gateway.event('workspaces_loaded').length
  writeFileSync(path, file(entry('support'), entry('shop', { rules: [ticket] })))
  await until('the new file', () => gateway.event('workspaces_loaded').length > loaded)
  for (const name of ['support', 'shop']) assert.equal((await post(gateway, name, line)).status, 200, name)
  await recorder.take(6)
  assert.deepEqual(seen().slice(4), ['T-123456 from 198.51.100.***', '<ticket> from 198.51.100.***'])
})

e2e('a pattern without a literal is said to be slow', async (t) => {
  const { gateway } = await world(t, { config: { redaction: { rules: [{ name: 'digits', pattern: '\\d{7}' }, { name: 'staff', pattern: 'P-\\d+' }] } } })
  assert.deepEqual(gateway.event('rule_slow').map((e) => e.rule), ['digits'])
  assert.equal(metric(await gateway.metrics(), 'redactd_slow_rules'), 1)
})
