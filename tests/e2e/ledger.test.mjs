// SPDX-License-Identifier: MIT
// The redaction ledger of the running gateway: what was redacted is counted in it, nothing of it stands in it, and its
// verb finds what was changed.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { e2e, world } from './lib/world.mjs'
import { configTo, Gateway } from './lib/gateway.mjs'
import { metric } from './lib/metrics.mjs'
import { Child, tempDir, until } from './lib/process.mjs'
import { logRequest } from './lib/samples.mjs'
import { assertClean, EMAIL } from './lib/secrets.mjs'
import { REDACTD } from './lib/paths.mjs'

const withLedger = (more = {}) => ({ ledger: { directory: 'ledger', ...more } })

function lines (gateway) {
  const dir = join(gateway.dir, 'ledger')
  const text = readdirSync(dir).sort().map((name) => readFileSync(join(dir, name), 'utf8')).join('')
  assertClean('the ledger', text)
  assert.ok(text.endsWith('\n'))
  return text.trimEnd().split('\n')
}
const records = (gateway) => lines(gateway).map((line) => JSON.parse(line))

async function verify (gateway, ...more) {
  const child = new Child(REDACTD, ['ledger', 'verify', join(gateway.dir, 'ledger'), ...more])
  const { code } = await child.end(null)
  return { code, out: child.stdout.toString(), err: child.stderr.toString() }
}

// By a reader of its own: SHA-256 of the line up to the field that holds it.
function assertChain (gateway) {
  let previous = '0'.repeat(64)
  lines(gateway).forEach((line, i) => {
    const { seq, previous: names, sha256 } = JSON.parse(line)
    assert.equal(seq, i + 1)
    assert.equal(names, previous)
    assert.equal(sha256, createHash('sha256').update(line.slice(0, line.indexOf(',"sha256":'))).digest('hex'))
    previous = sha256
  })
}

const cells = (list) => list.flatMap((r) => r.redactions ?? [])
const sum = (list) => cells(list).filter((c) => c.rule === 'email').reduce((n, c) => n + c.n, 0)

e2e('the ledger counts what was redacted, over reloads and restarts, and holds nothing of it', async (t) => {
  const { gateway, recorder } = await world(t, { config: withLedger({ file_bytes: '1KiB' }) })
  const send = async (g) => assert.equal((await g.post('/v1/logs', logRequest(`mail to ${EMAIL}`))).status, 200)
  await send(gateway)
  await send(gateway)
  gateway.configure(configTo({ endpoints: [recorder.url] }, { ...withLedger({ file_bytes: '1KiB' }), log_level: 'debug' }))
  gateway.signal('SIGHUP')
  await until('the record of the reload', () => records(gateway).some((r) => r.kind === 'config'))
  await send(gateway)
  const m = await gateway.metrics()
  assert.equal(metric(m, 'redactd_ledger_failures_total'), 0)
  assert.ok(metric(m, 'redactd_ledger_records_total') >= 2)
  assert.equal(statSync(join(gateway.dir, 'ledger')).mode & 0o777, 0o700)
  await gateway.finish()

  const first = records(gateway)
  assert.equal(first[0].kind, 'start')
  assert.equal(first[0].config, gateway.event('ready')[0].hash)
  assert.equal(first.find((r) => r.kind === 'config').config, gateway.event('config_loaded').at(-1).hash)
  assert.equal(first.at(-1).kind, 'stop')
  const emails = metric(m, 'redactd_redactions_total', { rule: 'email' })
  assert.ok(emails >= 3)
  assert.equal(sum(first), emails)
  assert.ok(cells(first).every((c) => c.workspace === 'local-dev'))
  assert.ok(cells(first).some((c) => c.rule === 'email' && c.field === 'body' && c.action === 'mask'))

  const again = await Gateway.start(t, { config: configTo({ endpoints: [recorder.url] }, withLedger({ file_bytes: '1KiB' })), dir: gateway.dir })
  await send(again)
  const other = configTo({ endpoints: [recorder.url] }, { ...withLedger(), listeners: [{ address: '127.0.0.1:0' }], admin: 'none' })
  writeFileSync(join(again.dir, 'other.yaml'), JSON.stringify(other))
  const neighbour = new Child(REDACTD, ['run', '-c', 'other.yaml'], { cwd: again.dir })
  assert.equal((await neighbour.end(null)).code, 1)
  assert.match(neighbour.stderr.toString(), /another process writes here/)
  await again.finish()
  assertChain(again)
  assert.ok(readdirSync(join(again.dir, 'ledger')).length > 1)
  assert.ok(records(again).length >= first.length + 2)

  const head = again.event('ledger_head').at(-1)
  const good = await verify(again, head.sha256)
  assert.equal(good.code, 0, good.err)
  assert.match(good.out, new RegExp(`^records +${head.seq} in \\d+ files\n(.*\n)*sha256 +${head.sha256}\n$`))
  assert.equal((await verify(again, 'f'.repeat(64))).code, 1)
  assert.equal((await verify(again, 'x')).code, 64)
})

e2e('the verb names the first record that was changed', async (t) => {
  const { gateway } = await world(t, { config: withLedger() })
  await gateway.post('/v1/logs', logRequest(`mail to ${EMAIL}`))
  await gateway.finish()
  const file = join(gateway.dir, 'ledger', '000000000001.jsonl')
  const text = readFileSync(file, 'utf8')
  assert.match(text, /"n":1\b/)
  writeFileSync(file, text.replace('"n":1', '"n":0'))
  const { code, err } = await verify(gateway)
  assert.equal(code, 1)
  const changed = text.slice(0, text.indexOf('"n":1')).split('\n').length
  assert.match(err, new RegExp(`broken at record ${changed}, 000000000001.jsonl line ${changed}: the line is not what its own SHA-256`))
})

// A chain that is whole, of records that say what we want.
function ledgerOf (...rests) {
  const dir = tempDir()
  let previous = '0'.repeat(64)
  const text = rests.map((rest, i) => {
    const head = `{"seq":${i + 1},"time":"2026-11-23T18:00:00Z","kind":"counts","previous":"${previous}","config":"0123456789abcdef"${rest}`
    previous = createHash('sha256').update(head).digest('hex')
    return `${head},"sha256":"${previous}"}\n`
  })
  writeFileSync(join(dir, '000000000001.jsonl'), text.join(''))
  return dir
}

e2e('ledger counts: adds up records of both formats, and shows nothing of a ledger that cannot be read or is broken', async () => {
  const counts = async (dir, ...args) => {
    const child = new Child(REDACTD, ['ledger', 'counts', dir, ...args])
    const { code } = await child.end(null)
    return { code, out: child.stdout.toString(), err: child.stderr.toString() }
  }
  const cell = (n, more = {}) => JSON.stringify({ workspace: 'shop', rule: 'email', field: 'body', action: 'mask', n, ...more })
  const first = ',"redactions":[{"rule":"email","field":"body","n":3}],"workspaces":[{"workspace":"shop","rule":"email","n":3}]'
  const whole = ledgerOf(first, `,"format":2,"redactions":[${cell(4)},${cell(1, { action: 'drop' })}]`, `,"format":2,"redactions":[${cell(5)}]`, ',"format":2')
  const { code, out } = await counts(whole)
  assert.equal(code, 0)
  assert.deepEqual(out.split('\n').slice(1, 4).map((line) => line.split(/ +/)), [
    ['shop', 'email', '-', '-', '0123456789abcdef', '3'],
    ['shop', 'email', 'body', 'drop', '0123456789abcdef', '1'],
    ['shop', 'email', 'body', 'mask', '0123456789abcdef', '9']])
  assert.match(out, /^13 finds in 4 records; /m)
  assert.match(out, /^1 of these records are of format 1/m)

  for (const [rest, why] of [[',"format":3', 'its format is not known'], [',"format":"x"', 'its format is not known'], [',"a":', 'it cannot be read'],
    [`,"format":2,"redactions":[${cell('1')}]`, 'a count in it is no number'], [`,"format":2,"redactions":[${cell(-1)}]`, 'a count in it is no number'], [',"format":2,"redactions":[7]', 'a count in it is no number']]) {
    const bad = await counts(ledgerOf(first, rest, first))
    assert.deepEqual([bad.code, bad.out], [1, ''], rest)
    assert.match(bad.err, new RegExp(`record 2: ${why}`), rest)
  }
  const file = join(whole, '000000000001.jsonl')
  writeFileSync(file, readFileSync(file, 'utf8').replace('"n":5', '"n":6'))
  const broken = await counts(whole)
  assert.deepEqual([broken.code, broken.out], [1, ''])
  assert.match(broken.err, /broken at record 3/)
  for (const args of [['--from'], ['--from', '20'], ['--to', 'today'], ['--to', '2026-11-23T18:00:00Z1'], ['--what']]) {
    assert.equal((await counts(whole, ...args)).code, 64, args.join(' '))
  }
})

e2e('a crash costs the ledger no record, and the next start goes on', async (t) => {
  const { gateway, recorder } = await world(t, { config: withLedger(), checks: false })
  await gateway.finish() // kill -9
  const file = join(gateway.dir, 'ledger', '000000000001.jsonl')
  writeFileSync(file, readFileSync(file, 'utf8') + '{"seq":2,"time":"20')
  assert.match((await verify(gateway)).err, /record 2, .*the last line has no end/)
  const again = await Gateway.start(t, { config: configTo({ endpoints: [recorder.url] }, withLedger()), dir: gateway.dir })
  assert.equal(again.event('ledger_tail_cut')[0].bytes, 19)
  await again.finish()
  assert.deepEqual(records(again).map((r) => [r.kind, r.cut]), [['start', undefined], ['start', 19], ['stop', undefined]])
  assertChain(again)
  assert.equal((await verify(again)).code, 0)
})

e2e('a ledger that cannot be written is said and counted, and traffic goes on', async (t) => {
  const { gateway, recorder } = await world(t, { config: withLedger() })
  unlinkSync(join(gateway.dir, 'ledger', '000000000001.jsonl'))
  gateway.configure(configTo({ endpoints: [recorder.url] }, { ...withLedger(), log_level: 'debug' }))
  gateway.signal('SIGHUP')
  await until('the failure', () => gateway.event('ledger_failed').length > 0)
  assert.equal(gateway.event('ledger_failed')[0].why, 'ESTALE')
  assert.equal((await gateway.post('/v1/logs', logRequest(`mail to ${EMAIL}`))).status, 200)
  assert.equal(metric(await gateway.metrics(), 'redactd_ledger_failures_total'), 1)
  gateway.configure(configTo({ endpoints: [recorder.url] }, withLedger({ directory: 'another' })))
  gateway.signal('SIGHUP')
  await until('the refusal', () => gateway.event('config_rejected').length > 0)
  assert.match(gateway.event('config_rejected')[0].why, /ledger cannot change without a restart/)
})
