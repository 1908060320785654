// SPDX-License-Identifier: MIT
// The command line: verbs, exit codes, and words on the right stream.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Child, freePort, tempDir } from './lib/process.mjs'
import { Gateway, configTo } from './lib/gateway.mjs'
import { exchange } from './lib/http.mjs'
import { REDACTD } from './lib/paths.mjs'
import { e2e } from './lib/world.mjs'

async function run (args, options) {
  const child = new Child(REDACTD, args, options)
  const { code, signal } = await child.end(null)
  return { code, signal, out: child.stdout.toString(), err: child.stderr.toString() }
}

function file (text) {
  const path = join(tempDir(), 'redactd.yaml')
  writeFileSync(path, typeof text === 'string' ? text : JSON.stringify(text))
  return path
}

const good = () => configTo({ endpoints: ['http://127.0.0.1:1'], headers: { 'X-Api-Key': 'hdr-4a7c9e' } })

e2e('version', async () => {
  const { code, out } = await run(['version'])
  assert.equal(code, 0)
  assert.match(out, /\d+\.\d+\.\d+/)
})

e2e('unknown verbs and missing arguments: usage on standard error, exit code 64', async () => {
  for (const args of [['frobnicate'], ['check', 'a', 'b'], ['run', '-c'], ['run', '--nonsense'], []]) {
    const { code, err, out } = await run(args)
    assert.equal(code, 64, JSON.stringify(args))
    assert.match(err, /usage/i)
    assert.equal(out, '')
  }
})

e2e('check: 0 for a good file, words with line and column for a bad one', async () => {
  assert.equal((await run(['check', file(good())])).code, 0)
  const { code, err, out } = await run(['check', file('version: 1\nupstreams:\n  a: {endpoints: [http://127.0.0.1:1]}\nroutes:\n  - {version: v1, signal: logs, upsteam: a}\n')])
  assert.equal(code, 78)
  assert.match(err + out, /upsteam/)
  assert.match(err + out, /redactd\.yaml:5:\d+/)
  assert.match(err + out, /did you mean/)
  assert.notEqual((await run(['check', '/nonexistent.yaml'])).code, 0)
})

e2e('dump-config: loads again to the same, secrets are masked', async () => {
  const first = await run(['dump-config', file(good())])
  assert.equal(first.code, 0)
  assert.ok(!first.out.includes('hdr-4a7c9e'))
  const again = await run(['dump-config', file(first.out)])
  assert.equal(again.out, first.out)
})

e2e('run: a bad file or a busy port ends at once, not with 0', async (t) => {
  const bad = await run(['run', '-c', file('version: 2\n')])
  assert.notEqual(bad.code, 0)
  assert.ok(bad.err.length > 0)
  const port = await freePort()
  const config = { ...good(), listeners: [{ address: `127.0.0.1:${port}` }], admin: { address: `127.0.0.1:${port}` } }
  const busy = await run(['run', '-c', file(config)])
  assert.notEqual(busy.code, 0)
  assert.equal(busy.signal, null)
})

e2e('a port in use: the second redactd says which and does not start', async (t) => {
  const first = await Gateway.start(t, { upstream: { store: 'data' } })
  for (const port of [first.port, first.adminPort]) {
    const free = await freePort()
    const [data, admin] = port === first.port ? [port, free] : [free, port]
    const config = { ...good(), listeners: [{ address: `127.0.0.1:${data}` }], admin: { address: `127.0.0.1:${admin}` } }
    const second = await run(['run', '-c', file(config)])
    assert.equal(second.code, 1)
    assert.ok(second.err.includes(`cannot listen on 127.0.0.1:${port}: Address already in use`), second.err)
  }
})

e2e('port 0: one free port for all threads, and the log says which', async (t) => {
  const gateway = await Gateway.start(t, { config: { ...configTo({ store: 'data' }), threads: 4, listeners: [{ address: '127.0.0.1:0' }] } })
  const ports = gateway.event('listening').map((e) => [e.for, e.port])
  assert.equal(ports.length, 2)
  assert.deepEqual(ports[1], ['admin', gateway.adminPort])
  for (let i = 0; i < 20; i++) {
    const { status } = await exchange(ports[0][1], { path: '/v1/logs', headers: { 'content-type': 'application/json' }, body: '{}' })
    assert.equal(status, 200)
  }
  const open = readFileSync(`/proc/${gateway.pid}/net/tcp`, 'ascii').split('\n').filter((line) => / 0A /.test(line))
  const hex = ports[0][1].toString(16).toUpperCase().padStart(4, '0')
  assert.equal(open.filter((line) => line.includes(`:${hex} `)).length, 4)
})

e2e('help: of the program and of each verb, on standard output', async () => {
  for (const args of [['--help'], ['help'], ['check', '-h'], ['breaker', 'ls', '--help']]) {
    const { code, out, err } = await run(args)
    assert.equal(code, 0, JSON.stringify(args))
    assert.match(out, /^usage: redactd /)
    assert.equal(err, '')
  }
  const verbs = [...(await run(['--help'])).out.matchAll(/^ {2}([a-z-]+) {2}/gm)].map((m) => m[1])
  assert.ok(verbs.length >= 15, verbs.join())
  for (const verb of verbs) {
    const { code, out, err } = await run([verb, '--help'])
    assert.equal(code, 0, verb)
    assert.match(out, new RegExp(`^usage: redactd ${verb}\\b`))
    assert.equal(err, '')
  }
})

e2e('help of redact names every class there is', async () => {
  const { out } = await run(['redact', '--help'])
  const row = (await run(['reference'])).out.split('\n').find((line) => line.startsWith('| `redaction.rules[].where.classes`'))
  const classes = [...row.split('|')[2].matchAll(/`([a-z_]+)`/g)].map((m) => m[1])
  assert.ok(classes.length >= 10)
  const named = out.slice(out.indexOf('default: body):')).match(/[a-z_]+/g)
  for (const cls of classes) assert.ok(named.includes(cls), cls)
})

e2e('check and dump-config take their file as run does', async () => {
  const path = file(good())
  const plain = await run(['dump-config', path])
  assert.deepEqual(await run(['dump-config', '-c', path]), plain)
  assert.equal((await run(['check', '--config', path])).code, 0)
  for (const args of [['check', '-c'], ['dump-config', path, path]]) assert.equal((await run(args)).code, 64)
})

e2e('check: warns when nobody is let in', async () => {
  const { workspaces, ...closed } = good()
  assert.match((await run(['check', file(closed)])).err, /warning: every sender will be answered 401/)
  assert.ok(!(await run(['check', file(good())])).err.includes('401'))
})

e2e('reference: three tables, no other', async () => {
  for (const [table, row] of [['keys', '| `version` |'], ['outcomes', '| `too_large` | 413 | 413 |'], ['metrics', '| `redactd_connections` | gauge |']]) {
    const { code, out } = await run(['reference', table])
    assert.equal(code, 0)
    assert.ok(out.includes(`\n${row}`), table)
    if (table === 'keys') assert.equal((await run(['reference'])).out, out)
  }
  assert.equal((await run(['reference', 'nonsense'])).code, 64)
})

function pipe (args, input) {
  const { status, stdout, stderr } = spawnSync(REDACTD, args, { input, encoding: 'utf8', timeout: 20000 })
  return { code: status, out: stdout, err: stderr }
}

const LINES = 'mail ana.leakword@shop.example\nnothing here\n\ncard 4111111111111112, last line without an end'

e2e('redact: lines in, redacted lines out, all else byte for byte', async () => {
  const { code, out } = pipe(['redact'], LINES)
  assert.equal(code, 0)
  assert.equal(out, LINES.replace('ana.leakword', 'a***'))
  assert.deepEqual(pipe(['redact'], ''), { code: 0, out: '', err: '' })
  assert.equal(pipe(['redact'], '\r\n\xe4\n').out, '\r\n\xe4\n')
})

e2e('redact --field: the string of that member and no other', async () => {
  const { code, out } = pipe(['redact', '--field', 'text'], '{"id":"a@b.example","text":"x \\u0040 ana.leakword@shop.example","n":[1,{"text":"c@d.example"}]}\n')
  assert.equal(code, 0)
  assert.deepEqual(JSON.parse(out), { id: 'a@b.example', text: 'x @ a***@shop.example', n: [1, { text: 'c@d.example' }] })
})

e2e('redact --field: a line that is not understood ends it, and none of it is shown', async () => {
  for (const bad of ['leakword', '["leakword"]', '{"id":"leakword"}', '{"text":["leakword"]}', '{"text":"leakword","text":"b"}', '{"text":"leakword"', '']) {
    const { code, out, err } = pipe(['redact', '--field', 'text'], `{"text":"fine"}\n${bad}\n{"text":"never reached"}\n`)
    assert.equal(code, 1, bad)
    assert.equal(out, '{"text":"fine"}\n')
    assert.match(err, /line 2/)
    assert.ok(!err.includes('leakword'))
  }
})

e2e('redact --config, --class: rules of that file that apply to that class', async () => {
  const config = file({ ...good(), redaction: { rules: [{ name: 'staff', pattern: 'P-\\d+', action: { replace: '[staff]' }, where: { classes: ['label'] } }, { name: 'email', mode: 'shadow' }] } })
  const text = 'P-123 a.b@shop.example'
  assert.equal(pipe(['redact', '--config', config], text).out, text)
  assert.equal(pipe(['redact', '--config', config, '--class', 'label'], text).out, '[staff] a.b@shop.example')
  for (const args of [['--class', 'nonsense'], ['--field'], ['--nonsense'], ['file']]) {
    const { code, out, err } = pipe(['redact', ...args], text)
    assert.equal(code, 64)
    assert.equal(out, '')
    assert.match(err, /usage/)
  }
  assert.equal(pipe(['redact', '--config', '/nonexistent.yaml'], text).code, 78)
})

e2e('explain: values of keys inside texts, and what a filter lets stay', async () => {
  const config = file({ ...good(), redaction: { rules: [{ name: 'customer', pattern: '[0-9]{8}', context: ['customer'] }, { name: 'email', allow: ['noreply@*'] }] } })
  const { code, out } = pipe(['explain', '--config', config], 'a 10203040 noreply@shop.example email=u-leakword z\n')
  assert.equal(code, 0)
  const line = JSON.parse(out)
  assert.deepEqual(line.matches.map((m) => [m.rule, m.detector, m.offset, m.length]), [['keys', 'key', 38, 10]])
  assert.deepEqual(line.refused.map((r) => [r.rule, r.detector, r.offset, r.length, r.validator]).sort(),
    [['customer', 'pattern', 2, 8, 'context'], ['email', 'email', 11, 20, 'allow']])
  for (const shown of ['leakword', '10203040', 'noreply']) assert.ok(!out.includes(shown), shown)
})

e2e('explain: the action is what becomes of the find, which need not be what the rule says', async () => {
  const config = file({
    ...good(),
    redaction: {
      digest_keys: [{ id: 'k1', key: 'hunter2-hunter2-hunter2-hunter2-hunter2' }],
      rules: [{ name: 'gone', keys: ['kdrop'], action: 'drop' }, { name: 'coarse', keys: ['lat'], action: { round: { digits: 1 } } },
        { name: 'dig', keys: ['kdig'], action: 'digest' }, { name: 'cut', pattern: 'C-\\d+', action: 'drop' }, { name: 'slow', pattern: '^(\\d+)*[yz]$' }]
    }
  })
  const explain = (args, input) => JSON.parse(pipe(['explain', '-c', config, ...args], input).out)
  const actions = (line) => line.matches.map((m) => [m.rule, m.action])
  const text = 'kdrop=a lat=1.55 lat=home kdig=77 C-12\n'
  assert.deepEqual(actions(explain([], text)), [['gone', 'mask'], ['coarse', 'round'], ['coarse', 'mask'], ['dig', 'digest'], ['cut', 'drop']])
  assert.match(pipe(['redact', '-c', config], text).out, /^kdrop=\*\*\* lat=1\.6 lat=\*\*\* kdig=id-k1e0-[0-9a-f]{24} \n$/)
  assert.deepEqual(actions(explain(['--class', 'attribute', '--key', 'kdrop'], 'leakword\n')), [['gone', 'drop']])
  assert.deepEqual(actions(explain(['--class', 'attribute', '--key', 'lat'], 'home\n')), [['coarse', 'mask']])
  assert.deepEqual(actions(explain(['--class', 'label', '--signal', 'loki_push'], 'C-12\n')), [['cut', 'mask']])
  const [over] = explain([], `${'1'.repeat(64)}\n`).matches
  assert.deepEqual([over.rule, over.detector, over.action, over.length], ['slow', 'over_budget', 'over_budget', 64])
})

const OWN_RULES = () => ({
  ...good(),
  redaction: {
    allow_relax: ['email'],
    digest_keys: [{ id: 'k1', key: 'hunter2-hunter2-hunter2-hunter2-hunter2' }],
    rules: [{ name: 'badge', pattern: 'B-\\d+', action: { digest: { prefix: 'badge' } } },
      { name: 'span', pattern: 'S-\\d+', where: { signals: ['traces'] } },
      { name: 'owners', keys: ['owner_id'], allow: ['system'] },
      { name: 'watch', keys: ['team'], mode: 'shadow' }]
  },
  workspaces: {
    list: [{ name: 'support', relax: ['email'], rules: [{ name: 'ticket', pattern: 'T-\\d+', action: { replace: '<ticket>' } }, { name: 'case', keys: ['case_no'] }] }, { name: 'shop' }]
  }
})

e2e('redact and explain --workspace: the rules that hold for it, and its digests', async () => {
  const config = file(OWN_RULES())
  const redact = (...args) => pipe(['redact', '-c', config, ...args], 'ana@shop.example T-1 B-2\n').out
  assert.match(redact(), /^a\*\*\*@shop\.example T-1 badge-k1/)
  assert.match(redact('--workspace', 'shop'), /^a\*\*\*@shop\.example T-1 badge-k1/)
  assert.match(redact('--workspace', 'support'), /^ana@shop\.example <ticket> badge-k1/)
  const digest = (text) => /badge-\S+/.exec(text)[0]
  assert.notEqual(digest(redact('--workspace', 'shop')), digest(redact('--workspace', 'support')))
  const { out } = pipe(['explain', '-c', config, '--workspace', 'support'], 'ana@shop.example T-1 case_no=77\n')
  assert.deepEqual(JSON.parse(out).matches.map((m) => m.rule), ['case', 'ticket'])
  const unknown = pipe(['redact', '-c', config, '--workspace', 'nobody'], 'x\n')
  assert.deepEqual([unknown.code, unknown.out], [1, ''])
  assert.match(unknown.err, /no workspace of that name/)
})

e2e('redact and explain --signal', async () => {
  const config = file(OWN_RULES())
  assert.equal(pipe(['redact', '-c', config], 'S-1\n').out, 'S-1\n')
  assert.equal(pipe(['redact', '-c', config, '--signal', 'traces'], 'S-1\n').out, '***\n')
  assert.equal(JSON.parse(pipe(['explain', '-c', config, '--signal', 'traces'], 'S-1\n').out).matches[0].rule, 'span')
  assert.equal(pipe(['redact', '--signal', 'smoke'], '').code, 64)
})

e2e('explain --key: the value of an attribute, a label or an entry', async () => {
  const config = file(OWN_RULES())
  const explain = (args, input) => {
    const { code, out, err } = pipe(['explain', '-c', config, ...args], input)
    assert.equal(code, 0, err)
    assert.ok(!out.includes('leakword') && !out.includes('system'), out)
    return out.trimEnd().split('\n').map((line) => JSON.parse(line))
  }
  const whole = (rule, length, more = {}) => ({ rule, detector: 'key', offset: 0, length, action: 'mask', mode: 'enforce', ...more })
  let [line] = explain(['--class', 'attribute', '--key', 'app.User.Email'], 'ana.leakword@shop.example\n')
  assert.deepEqual(line.key, { rule: 'keys', name: 'email', offset: 9, length: 5, action: 'mask', mode: 'enforce' })
  assert.deepEqual([line.matches, line.refused], [[whole('keys', 25)], []]);
  [line] = explain(['--class', 'label', '--signal', 'loki_push', '--key', 'user_id'], 'leakword\n')
  assert.equal(line.key.action, 'drop');
  // What a rule lets stay is searched as any text, and so is the value of a key that no rule names.
  [line] = explain(['--class', 'attribute', '--key', 'ownerId'], 'system\n')
  assert.deepEqual([line.key, line.refused], [null, [{ rule: 'owners', detector: 'key', offset: 0, length: 6, validator: 'allow' }]]);
  [line] = explain(['--class', 'attribute', '--key', 'note'], 'by leakword@shop.example 4111111111111112\n')
  assert.equal(line.key, null)
  assert.deepEqual(line.matches.map((m) => [m.rule, m.offset]), [['email', 3]])
  assert.deepEqual(line.refused.map((r) => r.validator), ['luhn']);
  // A rule in shadow mode does not keep the others from the value.
  [line] = explain(['--class', 'attribute', '--key', 'team'], 'leakword@shop.example\n')
  assert.deepEqual([line.key.rule, line.key.mode], ['watch', 'shadow'])
  assert.deepEqual(line.matches.map((m) => [m.rule, m.mode]), [['watch', 'shadow'], ['email', 'enforce']]);
  // The key is a text itself.
  [line] = explain(['--class', 'attribute', '--key', 'leakword@shop.example'], '7\n')
  assert.deepEqual(line.matches.map((m) => [m.rule, m.in]), [['email', 'key']])
  const lines = explain(['--class', 'attribute', '--workspace', 'support', '--field', 'value', '--key-field', 'key'],
    '{"key":"case_no","value":"leakword"}\n{"key":"port","value":"80"}\n')
  assert.deepEqual(lines.map((l) => l.key?.rule ?? null), ['case', null])
  for (const args of [['redact', '--key', 'a'], ['explain', '--key', 'a', '--key-field', 'b', '--field', 'c'], ['explain', '--key-field', 'b']]) {
    assert.equal(pipe(args, '').code, 64, args.join(' '))
  }
  assert.equal(pipe(['explain', '--field', 'value', '--key-field', 'key'], '{"value":"leakword","key":7}\n').code, 1)
})

e2e('check: warns about patterns that are slow or can blow up', async () => {
  const rules = [{ name: 'eight', pattern: '[0-9]{8}' }, { name: 'boom', pattern: '(\\w+\\s?)*:$' }, { name: 'fine', pattern: 'P-[0-9]+' }]
  const { code, err } = await run(['check', file({ ...good(), redaction: { rules } })])
  assert.equal(code, 0)
  assert.match(err, /warning: the pattern of rule `eight` has no literal/)
  assert.match(err, /warning: the pattern of rule `boom` exceeds its budget/)
  assert.doesNotMatch(err, /fine/)
})

e2e('explain: rules, spans and refusals, no text', async () => {
  const config = file({ ...good(), redaction: { rules: [{ name: 'staff', pattern: 'P-\\d+' }, { name: 'ipv4', mode: 'shadow' }, { name: 'email', action: 'drop' }] } })
  const { code, out } = pipe(['explain', '--config', config], 'P-4711 ana.leakword@shop.example 203.0.113.77\n\ncard 4111111111111112\n')
  assert.equal(code, 0)
  const [first, second, third] = out.trim().split('\n').map((line) => JSON.parse(line))
  assert.deepEqual(first.matches, [
    { rule: 'staff', detector: 'pattern', offset: 0, length: 6, action: 'mask', mode: 'enforce', keep_head: 0, keep_tail: 0 },
    { rule: 'email', detector: 'email', offset: 7, length: 25, action: 'drop', mode: 'enforce' },
    { rule: 'ipv4', detector: 'ipv4', offset: 33, length: 12, action: 'mask', mode: 'shadow', keep_head: 10, keep_tail: 0 }])
  assert.deepEqual([first.line, first.bytes, first.class], [1, 45, 'body'])
  assert.deepEqual(second, { line: 2, bytes: 0, class: 'body', matches: [], refused: [] })
  assert.deepEqual(third.refused, [{ detector: 'credit_card', offset: 5, length: 16, validator: 'luhn' }])
  for (const shown of ['leakword', '4711', '203.0', '411111']) assert.ok(!out.includes(shown), shown)
})
