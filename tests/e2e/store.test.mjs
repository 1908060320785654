// SPDX-License-Identifier: MIT
// The embedded store: what was acknowledged is on disk, redacted, whatever happens to the process.
import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { Gateway } from './lib/gateway.mjs'
import { Load } from './lib/load.mjs'
import { account } from './lib/metrics.mjs'
import { redact } from './lib/expect.mjs'
import { Child, sleep, tempDir } from './lib/process.mjs'
import { REDACTD } from './lib/paths.mjs'
import { SIGNALS, TYPES, logRequest, sample, sampleJson } from './lib/samples.mjs'
import { assertClean } from './lib/secrets.mjs'
import { storedLines, storedText } from './lib/store.mjs'
import { e2e } from './lib/world.mjs'

const inDir = (dir, more = {}) => ({ store: join(dir, 'data'), ...more })

e2e('each signal becomes one redacted line, in both formats', async (t) => {
  const dir = tempDir()
  const gateway = await Gateway.start(t, { upstream: inDir(dir) })
  const data = join(dir, 'data')
  for (const signal of SIGNALS) {
    for (const format of Object.keys(TYPES)) {
      const res = await gateway.post(undefined, sample(signal, format))
      assert.equal(res.status, signal === 'loki_push' ? 204 : 200, res.text)
    }
    const lines = storedLines(data, signal)
    assert.equal(lines.length, 2, signal)
    for (const line of lines) assert.deepEqual(line, redact(sampleJson(signal)), signal)
    assert.equal(account(await gateway.metrics(), signal).delivered, 2)
  }
  assertClean('the store', storedText(data))
  assert.equal(statSync(data).mode & 0o777, 0o700)
  assert.equal(statSync(join(data, 'logs.jsonl')).mode & 0o077, 0, 'files are private')
})

e2e('what is refused leaves no line', async (t) => {
  const dir = tempDir()
  const gateway = await Gateway.start(t, { upstream: inDir(dir) })
  for (const signal of SIGNALS) {
    const { path, headers } = sample(signal, 'json')
    const res = await gateway.post(path, { headers, body: '{"broken' })
    assert.equal(res.status, 400)
  }
  assert.equal(storedText(join(dir, 'data')), '')
})

e2e('JSON with line breaks stays one line', async (t) => {
  const dir = tempDir()
  const gateway = await Gateway.start(t, { upstream: inDir(dir) })
  const { path, headers, body } = logRequest('two\nlines')
  await gateway.post(path, { headers, body: JSON.stringify(JSON.parse(body), null, 2) })
  assert.deepEqual(storedLines(join(dir, 'data'), 'logs'), [JSON.parse(body)])
})

e2e('kill -9, thirty times: nothing acknowledged is lost', { timeoutMs: 120000 }, async (t) => {
  const dir = tempDir()
  const loads = []
  for (let round = 0; round < 30; round++) {
    const gateway = await Gateway.start(t, { upstream: inDir(dir, { store_segment: '64KiB' }), checks: false })
    const load = new Load(gateway.port)
    await sleep(40 + round * 7)
    gateway.signal('SIGKILL')
    await gateway.child.ended
    loads.push(await load.stop())
  }
  const total = loads.reduce((n, l) => n + l.acknowledged.size, 0)
  assert.ok(total > 300, `the test was busy: ${total} acknowledged`)
  // The next start cuts what the last kill tore.
  const gateway = await Gateway.start(t, { upstream: inDir(dir) })
  assert.equal((await gateway.post(undefined, logRequest('after all'))).status, 200)
  const text = storedText(join(dir, 'data'), 'logs')
  assert.deepEqual(loads.flatMap((l) => l.lost(text)), [])
  storedLines(join(dir, 'data'), 'logs')
})

e2e('SIGTERM under load: all in flight are answered, none is lost, exit code 0', async (t) => {
  const dir = tempDir()
  const gateway = await Gateway.start(t, { upstream: inDir(dir) })
  const load = new Load(gateway.port, { senders: 32, keepAlive: false })
  await sleep(500)
  const exit = gateway.child.end('SIGTERM')
  await sleep(200)
  await load.stop()
  assert.deepEqual(await exit, { code: 0, signal: null })
  assert.ok(load.acknowledged.size > 50, `${load.acknowledged.size} acknowledged`)
  assert.deepEqual(load.lost(storedText(join(dir, 'data'), 'logs')), [])
  assert.deepEqual(load.errors.filter((e) => !['ECONNREFUSED', 'ECONNRESET'].includes(e)), [], 'no answer broke off')
  assert.deepEqual(Object.keys(load.refused).filter((s) => s !== '503'), [])
})

e2e('a second process on the same store refuses to start', async (t) => {
  const dir = tempDir()
  const gateway = await Gateway.start(t, { upstream: inDir(dir) })
  await assert.rejects(Gateway.start(t, { upstream: inDir(dir), checks: false }), /redactd ended/)
  assert.equal((await gateway.post(undefined, logRequest('first still works'))).status, 200)
})

e2e('rotation by size, and a ceiling for all files', async (t) => {
  const dir = tempDir()
  const gateway = await Gateway.start(t, { upstream: inDir(dir, { store_segment: '16KiB', store_total: '64KiB' }) })
  const text = 'x'.repeat(2000)
  for (let i = 0; i < 100; i++) assert.equal((await gateway.post(undefined, logRequest(text))).status, 200)
  await sleep(200)
  const size = storedText(join(dir, 'data')).length
  assert.ok(size > 16 << 10 && size <= 80 << 10, `${size} bytes are kept`)
  assert.ok(gateway.event('store_rotated').length > 2)
})

e2e('a full store that refuses says so, and that it may be tried again', async (t) => {
  const dir = tempDir()
  const gateway = await Gateway.start(t, { upstream: inDir(dir, { store_segment: '16KiB', store_total: '64KiB', store_full: 'refuse' }) })
  let res
  for (let i = 0; i < 100 && (res === undefined || res.status === 200); i++) res = await gateway.post(undefined, logRequest('x'.repeat(2000)))
  assert.equal(res.status, 503)
  const loki = await gateway.post(undefined, sample('loki_push', 'json'))
  assert.ok([204, 503].includes(loki.status))
})

function take (object, key) {
  const value = object[key]
  delete object[key]
  return value
}

e2e('the built-in configuration: no file, store in the working directory', async (t) => {
  const dir = tempDir()
  const child = new Child(REDACTD, ['run'], { cwd: dir })
  const gateway = Object.assign(new Gateway(), { child, adminPort: 9464, port: 4318, options: {} })
  t.after(() => gateway.finish())
  await gateway.ready()
  for (const signal of SIGNALS) {
    const res = await gateway.post(undefined, sample(signal, 'json'))
    assert.equal(res.status, signal === 'loki_push' ? 204 : 200)
    const [line] = storedLines(join(dir, 'data'), signal)
    if (signal === 'loki_push') assert.deepEqual(take(line.streams[0].stream, 'workspace_id'), 'default')
    else assert.deepEqual(Object.values(line)[0][0].resource.attributes.shift(), { key: 'workspace_id', value: { stringValue: 'default' } })
    assert.deepEqual(line, redact(sampleJson(signal)))
  }
  const ready = gateway.event('ready')
  assert.equal(ready.length, 1)
})
