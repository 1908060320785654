// SPDX-License-Identifier: MIT
// The answers of every endpoint, byte by byte where senders look that closely.
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import snappy from 'snappy'
import { hex } from './lib/pb.mjs'
import { Raw, rawExchange } from './lib/http.mjs'
import { account } from './lib/metrics.mjs'
import { SIGNALS, OTLP, PATHS, TYPES, logRequest, sample } from './lib/samples.mjs'
import { assertClean, EMAIL } from './lib/secrets.mjs'
import { e2e, world } from './lib/world.mjs'

const FORMATS = Object.keys(TYPES)

function assertSuccess (res, signal, format) {
  if (signal === 'loki_push') {
    assert.equal(res.status, 204)
    assert.equal(res.body.length, 0)
    return
  }
  assert.equal(res.status, 200, res.text)
  assert.equal(res.headers['content-type'], TYPES[format])
  if (format === 'json') assert.deepEqual(JSON.parse(res.text).partialSuccess ?? {}, {})
  else assert.ok(['', '0a00'].includes(res.body.toString('hex')), 'empty Export response')
}

// google.rpc.Status of an OTLP error, in the request's format; plain text of Loki.
function assertError (res, status, signal, format) {
  assert.equal(res.status, status, res.text)
  assertClean('an error answer', res.body)
  if (signal === 'loki_push') {
    assert.match(res.headers['content-type'], /^text\/plain/)
    assert.match(res.text, /\n$/)
  } else if (format === 'json') {
    assert.equal(res.headers['content-type'], TYPES.json)
    assert.ok(JSON.parse(res.text).message.length > 0)
  } else {
    assert.equal(res.headers['content-type'], TYPES.protobuf)
    assert.equal(res.body[0], 0x08, 'Status.code comes first')
    assert.equal(res.body[2], 0x12, 'Status.message follows')
  }
}

e2e('success in the words of each protocol', async (t) => {
  const { gateway, recorder } = await world(t)
  let n = 0
  for (const signal of SIGNALS) {
    for (const format of FORMATS) {
      assertSuccess(await gateway.post(undefined, sample(signal, format)), signal, format)
      n++
    }
  }
  await recorder.take(n)
  for (const signal of SIGNALS) assert.equal(account(await gateway.metrics(), signal).delivered, 2, signal)
})

e2e('bodies that are not what they say are refused in the words of each protocol', async (t) => {
  const { gateway, recorder } = await world(t)
  const bad = { json: Buffer.from(`{"resourceLogs":[{"x":"${EMAIL}"`), protobuf: hex('0affffffffffffffffff01') }
  for (const signal of SIGNALS) {
    for (const format of FORMATS) {
      const body = signal === 'loki_push' && format === 'protobuf' ? snappy.compressSync(bad.protobuf) : bad[format]
      const res = await gateway.post(PATHS[signal], { headers: { 'Content-Type': TYPES[format] }, body })
      assertError(res, 400, signal, format)
    }
  }
  assert.equal(recorder.count(), 0)
})

e2e('empty requests: a probe for OTLP, an error for Loki', async (t) => {
  const { gateway, recorder } = await world(t)
  for (const signal of OTLP) {
    assertSuccess(await gateway.post(PATHS[signal], { headers: { 'Content-Type': TYPES.protobuf } }), signal, 'protobuf')
    assertSuccess(await gateway.post(PATHS[signal], { headers: { 'Content-Type': TYPES.json }, body: '{}' }), signal, 'json')
    assertError(await gateway.post(PATHS[signal], { headers: { 'Content-Type': TYPES.json } }), 400, signal, 'json')
  }
  for (const body of ['{"streams":[]}', '{}', '{"streams":null}']) {
    assertError(await gateway.post(PATHS.loki_push, { headers: { 'Content-Type': TYPES.json }, body }), 422, 'loki_push')
  }
  assertError(await gateway.post(PATHS.loki_push, { headers: { 'Content-Type': TYPES.protobuf }, body: hex('00') }), 422, 'loki_push')
  for (const r of recorder.requests()) assert.equal(r.error, null)
})

e2e('unknown paths, methods and types', async (t) => {
  const { gateway, recorder } = await world(t)
  for (const path of ['/', '/v1', '/v1/logs/x', '/v2/logs', '/V1/LOGS', '/v1/logs%2f', '//v1/logs', '/v1/../v1/logs', '/loki/api/v1', '/metrics', '/readyz']) {
    assert.equal((await gateway.post(path, { headers: { 'Content-Type': TYPES.json }, body: '{}' })).status, 404, path)
  }
  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH']) {
    for (const signal of SIGNALS) {
      const res = await gateway.post(PATHS[signal], { method })
      assert.equal(res.status, 405, `${method} ${signal}`)
      assert.equal(res.headers.allow, 'POST')
    }
  }
  for (const type of ['text/plain', 'application/protobuf', 'application/x-ndjson', 'application/jsonx', '']) {
    for (const signal of OTLP) {
      const res = await gateway.post(PATHS[signal], { headers: type ? { 'Content-Type': type } : {}, body: '{}' })
      assert.equal(res.status, 415, `${type} ${signal}`)
    }
  }
  assert.equal(recorder.count(), 0)
})

e2e('what clients write differently is taken all the same', async (t) => {
  const { gateway, recorder } = await world(t)
  const { body } = logRequest('plain')
  const types = ['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset=UTF-8']
  for (const type of types) {
    const res = await gateway.post(PATHS.logs, { headers: { 'Content-Type': type }, body })
    assertSuccess(res, 'logs', 'json')
  }
  assertSuccess(await gateway.post('/v1/logs/', logRequest('slash')), 'logs', 'json')
  assertSuccess(await gateway.post('/v1/logs?x=1', { headers: { 'Content-Type': TYPES.json }, body }), 'logs', 'json')
  assertSuccess(await gateway.post(undefined, { ...logRequest('chunked'), chunked: true }), 'logs', 'json')
  const codings = { gzip: gzipSync, GZIP: gzipSync, 'x-gzip': gzipSync, deflate: deflateSync, identity: (b) => b }
  for (const [coding, encode] of Object.entries(codings)) {
    const res = await gateway.post(PATHS.logs, { headers: { 'Content-Type': TYPES.json, 'Content-Encoding': coding }, body: encode(Buffer.from(body)) })
    assertSuccess(res, 'logs', 'json')
  }
  const raw = await gateway.post(PATHS.logs, { headers: { 'Content-Type': TYPES.json, 'Content-Encoding': 'deflate' }, body: deflateRawSync(Buffer.from(body)) })
  assertSuccess(raw, 'logs', 'json')
  for (const r of await recorder.take(types.length + 3 + 5 + 1)) assert.equal(r.target, '/v1/logs')
})

e2e('Loki: snappy with and without header, JSON with gzip, media types with parameters', async (t) => {
  const { gateway, recorder } = await world(t)
  const protobuf = sample('loki_push', 'protobuf')
  const json = sample('loki_push', 'json')
  const variants = [
    { ...protobuf, headers: { ...protobuf.headers, 'Content-Encoding': 'snappy' } },
    { ...json, headers: { ...json.headers, 'Content-Encoding': 'gzip' }, body: gzipSync(json.body) },
    { ...json, headers: { 'Content-Type': 'application/json; charset=utf-8' } }
  ]
  for (const v of variants) assertSuccess(await gateway.post(undefined, v), 'loki_push')
  await recorder.take(variants.length)
})

e2e('unknown content codings are refused', async (t) => {
  const { gateway, recorder } = await world(t)
  for (const coding of ['br', 'compress', 'gzip, gzip', 'lz4']) {
    const { path, headers, body } = logRequest('x')
    assertError(await gateway.post(path, { headers: { ...headers, 'Content-Encoding': coding }, body }), 400, 'logs', 'json')
  }
  assert.equal(recorder.count(), 0)
})

e2e('too large: on the wire, chunked, and after decoding', async (t) => {
  const { gateway, recorder } = await world(t, { config: { limits: { body_bytes: 65536, decoded_bytes: 131072, decode_ratio: 1000 } } })
  const { path, headers } = logRequest('')
  const large = logRequest('x'.repeat(70000)).body
  assertError(await gateway.post(path, { headers, body: large }), 413, 'logs', 'json')
  assertError(await gateway.post(path, { headers, body: large, chunked: true }), 413, 'logs', 'json')
  const packed = gzipSync(logRequest('x'.repeat(140000)).body)
  assertError(await gateway.post(path, { headers: { ...headers, 'Content-Encoding': 'gzip' }, body: packed }), 413, 'logs', 'json')
  assertSuccess(await gateway.post(undefined, logRequest('x'.repeat(60000))), 'logs', 'json')
  await recorder.take(1)
})

e2e('a declared length over the limit is answered before the body comes', async (t) => {
  const { gateway } = await world(t, { config: { limits: { body_bytes: 65536 } } })
  const head = `POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n`
  const { answers: [answer] } = await rawExchange(gateway.port, head)
  assert.equal(answer.status, 413)
})

e2e('Expect: 100-continue', async (t) => {
  const { gateway, recorder } = await world(t, { config: { limits: { body_bytes: 65536 } } })
  const { body } = logRequest('after 100')
  const head = (length, expect) => `POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: ${expect}\r\nContent-Length: ${length}\r\n\r\n`
  const raw = await Raw.open(gateway.port)
  raw.send(head(body.length, '100-continue'))
  assert.equal((await raw.answer(1, 3000)).status, 100)
  raw.send(body)
  assert.equal((await raw.answer(2)).status, 200)
  raw.close()
  const refused = await rawExchange(gateway.port, head(99999999, '100-continue'))
  assert.equal(refused.answers[0].status, 413)
  const unknown = await rawExchange(gateway.port, head(body.length, 'tea'))
  assert.equal(unknown.answers[0].status, 417)
  await recorder.take(1)
})

e2e('keep-alive: a hundred requests on one connection', async (t) => {
  const { gateway, recorder } = await world(t)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  for (let i = 0; i < 100; i++) assertSuccess(await gateway.post(undefined, { ...logRequest(`n${i}`), agent }), 'logs', 'json')
  const connections = new Set((await recorder.take(100)).map((r) => r.connection))
  assert.ok(connections.size <= 4, `the gateway keeps its connections to the backend: ${connections.size}`)
})

e2e('pipelining: answers come in order', async (t) => {
  const { gateway, recorder } = await world(t)
  await recorder.script({ path: '/v1/logs', delay_ms: 200 })
  const one = (signal, body) => `POST ${PATHS[signal]} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  const text = [one('logs', logRequest('a').body), one('traces', '{broken'), one('logs', logRequest('b').body)].join('')
  const { answers } = await rawExchange(gateway.port, text, { wait: 3 })
  assert.deepEqual(answers.map((a) => a.status), [200, 400, 200])
  await recorder.take(2)
})

e2e('Connection: close is obeyed and said', async (t) => {
  const { gateway } = await world(t)
  const { body } = logRequest('bye')
  const raw = await Raw.open(gateway.port)
  raw.send(`POST /v1/logs HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  await raw.gone()
  const [answer] = raw.answers()
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.connection, 'close')
})

const ORIGIN = 'https://app.example'
e2e('CORS: preflight, answers and errors', async (t) => {
  const { gateway, recorder } = await world(t, { config: { cors: { origins: [ORIGIN], max_age: '10m' } } })
  const preflight = (origin) => gateway.post(PATHS.traces, { method: 'OPTIONS', headers: { Origin: origin, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type,x-custom' } })
  const yes = await preflight(ORIGIN)
  assert.equal(yes.status, 204)
  assert.equal(yes.headers['access-control-allow-origin'], ORIGIN)
  assert.match(yes.headers['access-control-allow-methods'], /POST/)
  assert.match(yes.headers['access-control-allow-headers'], /content-type/)
  assert.equal(yes.headers['access-control-max-age'], '600')
  assert.match(yes.headers.vary, /Origin/)
  const no = await preflight('https://evil.example')
  assert.equal(no.headers['access-control-allow-origin'], undefined)
  const bodies = { 200: '{}', 400: '{', 415: 'x' }
  for (const [status, body] of Object.entries(bodies)) {
    const type = status === '415' ? 'text/plain' : TYPES.json
    const res = await gateway.post(PATHS.traces, { headers: { Origin: ORIGIN, 'Content-Type': type }, body })
    assert.equal(res.status, Number(status))
    assert.equal(res.headers['access-control-allow-origin'], ORIGIN, `on ${status}`)
    assert.match(res.headers['access-control-expose-headers'], /Retry-After/)
  }
  assert.equal((await gateway.post('/nowhere', { headers: { Origin: ORIGIN } })).headers['access-control-allow-origin'], ORIGIN, 'on 404')
  assert.ok(recorder.count() <= 1)
})

e2e('without CORS in the configuration a preflight is a wrong method', async (t) => {
  const { gateway } = await world(t)
  const res = await gateway.post(PATHS.logs, { method: 'OPTIONS', headers: { Origin: ORIGIN, 'Access-Control-Request-Method': 'POST' } })
  assert.equal(res.status, 405)
  assert.equal(res.headers['access-control-allow-origin'], undefined)
})

e2e('versions: deprecated ones say so, retired ones are gone', async (t) => {
  const routes = [
    { version: 'v1', signal: 'logs', upstream: 'backend' },
    { version: 'v1', signal: 'traces', upstream: 'backend', state: 'deprecated', deprecated: '2026-01-01', sunset: '2031-01-01', successor: '/v2/traces' },
    { version: 'v1', signal: 'metrics', upstream: 'backend', state: 'retired', successor: '/v2/metrics' }
  ]
  const { gateway, recorder } = await world(t, { config: { routes } })
  const active = await gateway.post(undefined, sample('logs', 'json'))
  for (const name of ['deprecation', 'sunset', 'link']) assert.equal(active.headers[name], undefined)
  for (const body of [sample('traces', 'json').body, '{']) {
    const res = await gateway.post(PATHS.traces, { headers: { 'Content-Type': TYPES.json }, body })
    assert.equal(res.headers.deprecation, `@${Date.UTC(2026, 0, 1) / 1000}`)
    assert.equal(res.headers.sunset, 'Wed, 01 Jan 2031 00:00:00 GMT')
    assert.equal(res.headers.link, '</v2/traces>; rel="successor-version"')
  }
  assert.equal((await gateway.post(undefined, sample('metrics', 'json'))).status, 410)
  await recorder.take(2)
})

e2e('requests are forwarded to the paths that the routes say', async (t) => {
  const routes = [
    { version: 'v1', signal: 'logs', upstream: 'backend', path: '/otlp/v1/logs' },
    { version: 'v1', signal: 'metrics', upstream: 'backend', path: '/api/v1/otlp/v1/metrics' }
  ]
  const { gateway, recorder } = await world(t, { config: { routes } })
  assertSuccess(await gateway.post(undefined, sample('logs', 'protobuf')), 'logs', 'protobuf')
  assertSuccess(await gateway.post(undefined, sample('metrics', 'json')), 'metrics', 'json')
  const targets = (await recorder.take(2)).map((r) => r.target)
  assert.deepEqual(targets, ['/otlp/v1/logs', '/api/v1/otlp/v1/metrics'])
})

e2e('the tenant header is set by the gateway, never by the sender', async (t) => {
  const { gateway, recorder } = await world(t, { upstream: { tenant_header: 'X-Scope-OrgID' } })
  const forged = { 'X-Scope-OrgID': 'someone-else', 'X-Loki-Backfill-Shard': '1', Cookie: `c=${EMAIL}`, Baggage: `u=${EMAIL}`, 'X-Forwarded-For': '203.0.113.77', Authorization: `Bearer ${EMAIL}` }
  const s = sample('loki_push', 'json')
  assertSuccess(await gateway.post(undefined, { ...s, headers: { ...s.headers, ...forged } }), 'loki_push')
  const [request] = await recorder.take(1)
  assert.equal(request.header('x-scope-orgid'), 'local-dev')
  for (const name of ['x-loki-backfill-shard', 'cookie', 'baggage', 'x-forwarded-for', 'authorization']) assert.equal(request.header(name), undefined, name)
})

e2e('what no rule touches arrives byte for byte', async (t) => {
  const { gateway, recorder } = await world(t)
  // a length that is not minimal, and a number in a field that no schema knows
  const odd = hex('0a10120e120c2a0a0a868000616263646566' + '980605')
  const spaced = '{ "resourceLogs" : [ {"scopeLogs":[ {"logRecords":[{"body":{"stringValue":"gr\\u00f6\\u00dfe \\/ plain"},"timeUnixNano":1700000000000000001}]}]}],\n"future":{"a":[1.50,true,null]}}'
  await gateway.post(PATHS.logs, { headers: { 'Content-Type': TYPES.protobuf }, body: odd })
  await gateway.post(PATHS.logs, { headers: { 'Content-Type': TYPES.json }, body: spaced })
  const [a, b] = await recorder.take(2)
  assert.deepEqual(a.plain, odd)
  assert.equal(b.plain.toString(), spaced)
})

e2e('without a workspace for them, senders without a credential are refused', async (t) => {
  const { gateway, recorder } = await world(t, { config: { workspaces: {} } })
  for (const signal of SIGNALS) {
    for (const format of FORMATS) assertError(await gateway.post(undefined, sample(signal, format)), 401, signal, format)
  }
  assert.equal(recorder.count(), 0)
})
