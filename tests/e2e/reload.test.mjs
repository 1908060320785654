// SPDX-License-Identifier: MIT
// Signals: SIGHUP takes a new configuration and new certificates without losing a connection, and a bad one changes
// nothing; SIGTERM lets requests in flight end.
import assert from 'node:assert/strict'
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { connect as tlsConnect } from 'node:tls'
import { Gateway, configTo } from './lib/gateway.mjs'
import { Load } from './lib/load.mjs'
import { metric } from './lib/metrics.mjs'
import { certificates } from './lib/nginx.mjs'
import { Raw } from './lib/http.mjs'
import { freePort, until } from './lib/process.mjs'
import { Recorder } from './lib/recorder.mjs'
import { logRequest } from './lib/samples.mjs'
import { e2e, world } from './lib/world.mjs'

const rule = { name: 'staff-number', pattern: '\\bP-\\d{6}\\b', action: { replace: '[staff]' } }

async function reloaded (gateway, result, n) {
  gateway.signal('SIGHUP')
  await until(`reload ${n} to be counted as ${result}`, async () => metric(await gateway.metrics(), 'redactd_config_reloads_total', { result }) >= n)
}

e2e('SIGHUP: new rules apply, connections stay', async (t) => {
  const { gateway, recorder } = await world(t)
  const load = new Load(gateway.port)
  const raw = await Raw.open(gateway.port)
  const { body } = logRequest('staff P-123456')
  const bytes = `POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  raw.send(bytes)
  assert.equal((await raw.answer(1)).status, 200)
  gateway.configure(configTo({ endpoints: [recorder.url] }, { redaction: { rules: [rule] } }))
  await reloaded(gateway, 'applied', 1)
  raw.send(bytes)
  assert.equal((await raw.answer(2)).status, 200)
  raw.close()
  for (let i = 2; i < 8; i++) await reloaded(gateway, 'applied', i)
  await load.stop()
  assert.deepEqual([load.errors, load.refused], [[], {}])
  const staff = recorder.requests().filter((r) => /staff/.test(r.plain)).map((r) => r.decoded.resourceLogs[0].scopeLogs[0].logRecords[0].body.stringValue)
  assert.deepEqual(staff, ['staff P-123456', 'staff [staff]'])
})

e2e('SIGHUP with a bad file: it is logged and nothing changes', async (t) => {
  const { gateway } = await world(t)
  const bad = ['{{{', 'version: 1\nlisteners: 7\n', 'version: 1\nupstreams: {a: {endpoints: [http://127.0.0.1:1]}}\nroutes: [{version: v1, signal: logs, upstream: nobody}]\n', '']
  for (const [i, text] of bad.entries()) {
    writeFileSync(gateway.file, text)
    gateway.signal('SIGHUP')
    await until('the rejection in the log', () => gateway.event('config_rejected').length === i + 1)
    assert.equal((await gateway.post(undefined, logRequest('as before'))).status, 200)
  }
  assert.equal(metric(await gateway.metrics(), 'redactd_config_reloads_total', { result: 'applied' }), 0)
  assert.equal((await gateway.admin('/readyz')).status, 200)
})

e2e('SIGHUP with a file that fails late: nothing of it applies', async (t) => {
  const { gateway, recorder } = await world(t, { upstream: { adaptive_limit: false, max_requests: 7 } })
  const limit = async () => metric(await gateway.metrics(), 'redactd_endpoint_limit', { signal: 'logs' })
  assert.equal(await limit(), 7)
  // Opened last: a directory that cannot be made.
  const next = configTo({ endpoints: [recorder.url], adaptive_limit: false, max_requests: 3, breaker: { consecutive_failures: 1 } }, { redaction: { rules: [{ ...rule, name: 'rule-of-nobody' }] }, workspaces: { anonymous: 'nobody' }, admin: { token_file: 'new.token' }, limits: { requests_in_flight: 5 } })
  gateway.configure({ ...next, upstreams: { ...next.upstreams, fine: { store: 'fine' }, broken: { store: '/proc/none/of/this' } } })
  gateway.signal('SIGHUP')
  await until('the rejection in the log', () => gateway.event('config_rejected').length === 1)
  assert.match(gateway.event('config_rejected')[0].why, /^store \/proc\/none/)
  assert.equal(await limit(), 7)
  assert.ok(!existsSync(join(gateway.dir, 'new.token')), 'no token is made')
  assert.doesNotMatch((await gateway.admin('/metrics')).text, /nobody|"fine"|"broken"/)
  assert.equal((await gateway.post(undefined, logRequest('as before P-123456'))).status, 200)
  // The same without what is wrong.
  gateway.configure({ ...next, upstreams: { ...next.upstreams, fine: { store: 'fine' } } })
  await reloaded(gateway, 'applied', 1)
  assert.equal(await limit(), 3)
  assert.ok(existsSync(join(gateway.dir, 'new.token')))
})

// TLS listener helpers
const tlsConfig = (gateway, certs, recorder, more = {}) => configTo({ endpoints: [recorder.url] }, {
  listeners: [{ address: `127.0.0.1:${gateway.port}`, tls: { certificate: certs.file('server.pem'), key: certs.file('server.key'), ...more } }]
})

async function tlsWorld (t, more) {
  const recorder = await Recorder.start(t)
  const certs = certificates()
  const port = await freePort()
  const tls = typeof more === 'function' ? more(certs) : more
  const gateway = await Gateway.start(t, { port, config: tlsConfig({ port }, certs, recorder, tls) })
  return { recorder, certs, gateway, ca: readFileSync(certs.file('ca.pem')) }
}

function postTls (port, options, agent = false) {
  const { path, headers, body } = logRequest('over TLS')
  return new Promise((resolve, reject) => {
    const req = request({ host: 'localhost', family: 4, port, method: 'POST', path, headers: { ...headers, 'Content-Length': body.length }, agent, ...options }, (res) => {
      res.resume()
      res.on('end', () => resolve(res.statusCode))
    })
    req.on('error', reject)
    req.end(body)
  })
}

function serial (port, ca) {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({ host: '127.0.0.1', servername: 'localhost', port, ca }, () => {
      resolve(socket.getPeerCertificate().serialNumber)
      socket.destroy()
    }).on('error', reject)
  })
}

for (const version of ['TLSv1.2', 'TLSv1.3']) {
  e2e(`a TLS listener, ${version}`, async (t) => {
    const { gateway, recorder, ca } = await tlsWorld(t)
    assert.equal(await postTls(gateway.port, { ca, minVersion: version, maxVersion: version }), 200)
    await recorder.take(1)
  })
}

e2e('a TLS listener refuses old versions and plain text, and asks for certificates if told to', async (t) => {
  const { gateway, certs, ca } = await tlsWorld(t, (certs) => ({ client_ca: certs.file('ca.pem'), client_certificate: 'required', min_version: '1.3' }))
  const cert = readFileSync(certs.file('client.pem'))
  const key = readFileSync(certs.file('client.key'))
  assert.equal(await postTls(gateway.port, { ca, cert, key }), 200)
  await assert.rejects(postTls(gateway.port, { ca }))
  await assert.rejects(postTls(gateway.port, { ca, cert, key, maxVersion: 'TLSv1.2' }))
  const other = certificates()
  await assert.rejects(postTls(gateway.port, { ca, cert: readFileSync(other.file('client.pem')), key: readFileSync(other.file('client.key')) }))
  const raw = await Raw.open(gateway.port)
  raw.send('POST /v1/logs HTTP/1.1\r\nHost: x\r\n\r\n')
  await raw.gone()
  assert.equal(await postTls(gateway.port, { ca, cert, key }), 200)
})

e2e('SIGHUP: new certificates for new connections, old connections stay', async (t) => {
  const { gateway, certs, ca } = await tlsWorld(t)
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca })
  t.after(() => agent.destroy())
  const before = await serial(gateway.port, ca)
  assert.equal(await postTls(gateway.port, {}, agent), 200)
  const next = certificates()
  for (const name of ['server.pem', 'server.key']) copyFileSync(next.file(name), certs.file(name))
  await reloaded(gateway, 'applied', 1)
  assert.equal(await postTls(gateway.port, {}, agent), 200, 'the old connection')
  const after = await serial(gateway.port, readFileSync(next.file('ca.pem')))
  assert.notEqual(after, before)
  writeFileSync(certs.file('server.pem'), 'no certificate')
  gateway.signal('SIGHUP')
  await until('the rejection in the log', () => gateway.event('config_rejected').length === 1)
  assert.equal(await serial(gateway.port, readFileSync(next.file('ca.pem'))), after)
})

e2e('SIGTERM: requests in flight are answered, new ones are not taken, exit code 0', async (t) => {
  const { gateway, recorder } = await world(t)
  await recorder.script({ delay_ms: 700 })
  const inFlight = Array(30).fill(0).map((_, i) => gateway.post(undefined, logRequest(`n${i}`)))
  const idle = await Raw.open(gateway.port)
  await until('all to be in flight', () => recorder.count() === 30)
  const exit = gateway.child.end('SIGTERM')
  await until('not to be ready', async () => (await gateway.admin('/readyz')).status !== 200).catch(() => {})
  const statuses = (await Promise.all(inFlight)).map((r) => r.status)
  assert.deepEqual(new Set(statuses), new Set([200]))
  await idle.gone()
  assert.deepEqual(await exit, { code: 0, signal: null })
  await assert.rejects(gateway.post(undefined, logRequest('too late')))
  await recorder.take(30)
})

e2e('SIGTERM: a sender or backend that hangs is not waited for without end', async (t) => {
  const { gateway, recorder } = await world(t, { config: { shutdown_timeout: '500ms' }, exit: 1 })
  await recorder.script({ hang: true })
  const hung = gateway.post(undefined, logRequest('x')).catch((e) => e)
  const half = await Raw.open(gateway.port)
  half.send('POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n1')
  await until('the request at the backend', () => recorder.count() === 1)
  const start = Date.now()
  assert.deepEqual(await gateway.child.end('SIGTERM'), { code: 1, signal: null }, 'it says that not all was well')
  assert.equal(gateway.event('drain_timeout').length, 1)
  assert.ok(Date.now() - start < 3000, `ended after ${Date.now() - start} ms`)
  const res = await hung
  if (!(res instanceof Error)) assert.ok(res.status >= 500, String(res.status))
  half.close()
})

e2e('SIGINT ends like SIGTERM', async (t) => {
  const { gateway, recorder } = await world(t)
  await recorder.script({ delay_ms: 300 })
  const inFlight = gateway.post(undefined, logRequest('x'))
  await until('the request at the backend', () => recorder.count() === 1)
  assert.deepEqual(await gateway.child.end('SIGINT'), { code: 0, signal: null })
  assert.equal((await inFlight).status, 200)
})
