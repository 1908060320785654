// SPDX-License-Identifier: MIT
// What a backend says or fails to say, in the words of the sender's protocol. A sender must never be told that data was
// taken when it was not, nor be told to give up when trying again helps; and no secret comes back in an error text.
import assert from 'node:assert/strict'
import { account, metric } from './lib/metrics.mjs'
import { freePort, sleep, until } from './lib/process.mjs'
import { Gateway } from './lib/gateway.mjs'
import { Raw } from './lib/http.mjs'
import { Recorder } from './lib/recorder.mjs'
import { OTLP, PATHS, SIGNALS, TYPES, logRequest, sample } from './lib/samples.mjs'
import { assertClean, EMAIL, EMAIL_MASKED } from './lib/secrets.mjs'
import { len } from './lib/pb.mjs'
import { e2e, world } from './lib/world.mjs'

const FAST = { connect_timeout: '300ms', first_byte_timeout: '500ms', total_timeout: '800ms' }

// Status that the sender sees for each status of the backend: [OTLP, Loki]
const STATUS = {
  200: [200, 204], 202: [200, 204], 204: [200, 204],
  400: [400, 400], 401: [503, 503], 403: [503, 503], 404: [503, 503], 405: [503, 503], 413: [413, 413], 415: [503, 503], 422: [400, 400],
  429: [429, 429], 500: [503, 503], 501: [503, 503], 502: [502, 502], 503: [503, 503], 504: [504, 504],
  301: [503, 503], 302: [503, 503], 304: [503, 503], 307: [503, 503]
}
for (const [status, [otlp, loki]] of Object.entries(STATUS)) {
  e2e(`backend says ${status}`, async (t) => {
    const { gateway, recorder } = await world(t)
    await recorder.script({ status: Number(status), body: status === '204' || status === '304' ? '' : 'words', headers: { Location: 'http://127.0.0.1:1/' } })
    for (const signal of ['logs', 'loki_push']) {
      const res = await gateway.post(undefined, sample(signal, 'json'))
      assert.equal(res.status, signal === 'logs' ? otlp : loki, `${signal}: ${res.text}`)
      const a = account(await gateway.metrics(), signal)
      assert.deepEqual([a.delivered, a.dropped], res.status < 300 ? [1, 0] : [0, 1], 'delivered and dropped')
    }
    await recorder.take(2)
  })
}

e2e('success has the body of the protocol whatever the backend wrote', async (t) => {
  const { gateway, recorder } = await world(t)
  const answers = [{ status: 200, body: 'OK', headers: { 'Content-Type': 'text/html' } }, { status: 204 }, { status: 200, body: '', headers: { 'Content-Type': TYPES.json } }, { status: 200, body: '{broken', headers: { 'Content-Type': TYPES.json } }]
  for (const answer of answers) {
    await recorder.script(answer)
    for (const signal of OTLP) {
      const json = await gateway.post(undefined, sample(signal, 'json'))
      assert.equal(json.status, 200)
      assert.equal(json.headers['content-type'], TYPES.json)
      assert.deepEqual(JSON.parse(json.text).partialSuccess ?? {}, {})
      const protobuf = await gateway.post(undefined, sample(signal, 'protobuf'))
      assert.equal(protobuf.status, 200)
      assert.equal(protobuf.headers['content-type'], TYPES.protobuf)
      assert.ok(protobuf.body.length === 0 || protobuf.body.toString('hex') === '0a00')
    }
    assert.equal((await gateway.post(undefined, sample('loki_push', 'json'))).status, 204)
  }
})

e2e('Loki: a status of its own for data it was told to drop comes through', async (t) => {
  const { gateway, recorder } = await world(t)
  await recorder.script({ status: 260, body: 'blocked' })
  assert.equal((await gateway.post(undefined, sample('loki_push', 'json'))).status, 260)
})

e2e('partial success is passed on, and redacted', async (t) => {
  const { gateway, recorder } = await world(t)
  const message = `dropped 3 of ${EMAIL}`
  const field = { logs: 'rejectedLogRecords', traces: 'rejectedSpans', metrics: 'rejectedDataPoints' }
  for (const signal of OTLP) {
    await recorder.script({ status: 200, headers: { 'Content-Type': TYPES.json }, body: JSON.stringify({ partialSuccess: { [field[signal]]: '3', errorMessage: message } }) })
    const json = await gateway.post(undefined, sample(signal, 'json'))
    const partial = JSON.parse(json.text).partialSuccess
    assert.equal(Number(partial[field[signal]]), 3)
    assert.equal(partial.errorMessage, message.replace(EMAIL, EMAIL_MASKED))
    const answer = len(1, Buffer.from([0x08, 3]), len(2, message))
    await recorder.script({ status: 200, headers: { 'Content-Type': TYPES.protobuf }, body_hex: answer.toString('hex') })
    const protobuf = await gateway.post(undefined, sample(signal, 'protobuf'))
    assert.equal(protobuf.body.toString('hex'), len(1, Buffer.from([0x08, 3]), len(2, message.replace(EMAIL, EMAIL_MASKED))).toString('hex'))
  }
})

e2e('error texts are passed on, and redacted', async (t) => {
  const { gateway, recorder } = await world(t)
  const text = `entry for stream {contact="${EMAIL}"} too far behind`
  await recorder.script({ status: 400, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: `${text}\n` })
  const loki = await gateway.post(undefined, sample('loki_push', 'json'))
  assert.equal(loki.status, 400)
  assert.ok(loki.text.includes(text.replace(EMAIL, EMAIL_MASKED)), loki.text)
  await recorder.script({ status: 400, headers: { 'Content-Type': TYPES.json }, body: JSON.stringify({ code: 3, message: text }) })
  const json = await gateway.post(undefined, sample('logs', 'json'))
  assert.ok(JSON.parse(json.text).message.includes('too far behind'))
  assertClean('JSON error', json.body)
  await recorder.script({ status: 400, headers: { 'Content-Type': TYPES.protobuf }, body_hex: Buffer.concat([Buffer.from([0x08, 3]), len(2, text)]).toString('hex') })
  const protobuf = await gateway.post(undefined, sample('logs', 'protobuf'))
  assert.ok(protobuf.text.includes('too far behind'))
  assertClean('protobuf error', protobuf.body)
  await recorder.script({ status: 400, headers: { 'Content-Type': 'text/html' }, body: `<html>${EMAIL}</html>` })
  assertClean('HTML error', (await gateway.post(undefined, sample('logs', 'json'))).body)
  await recorder.script({ status: 400, headers: { 'Content-Type': 'text/plain' }, body_hex: Buffer.concat([Buffer.from(EMAIL), Buffer.from([0xff, 0xfe])]).toString('hex') })
  assertClean('error that is no text', (await gateway.post(undefined, sample('logs', 'json'))).body)
})

e2e('Retry-After is passed on, seconds and dates, and the backend is left alone until then', async (t) => {
  const inOneMinute = new Date(Date.now() + 60000).toUTCString()
  for (const [value, low, high] of [['7', 7, 7], ['120', 120, 120], [inOneMinute, 50, 60], ['99999999', 1, 3600]]) {
    for (const [status, reason] of [[429, 'upstream_limited'], [503, 'upstream_busy']]) {
      const { gateway, recorder } = await world(t)
      await recorder.script({ status, headers: { 'Retry-After': value } })
      const res = await gateway.post(undefined, sample('logs', 'json'))
      assert.equal(res.status, status)
      const seconds = Number(res.headers['retry-after'])
      assert.ok(seconds >= low && seconds <= high, `${value} became ${res.headers['retry-after']}`)
      // Another request of the signal is not sent; other signals are.
      const held = await gateway.post(undefined, sample('logs', 'protobuf'))
      assert.equal(held.status, status)
      assert.ok(Number(held.headers['retry-after']) >= 1 && Number(held.headers['retry-after']) <= Math.min(seconds, 60) * 1.2 + 1)
      assert.match(held.text, /upstream backend/)
      assert.equal(recorder.count(), 1)
      assert.equal(metric(await gateway.metrics(), 'redactd_requests_rejected_total', { signal: 'logs', reason }), 1)
      await recorder.script()
      assert.equal((await gateway.post(undefined, sample('traces', 'json'))).status, 200)
    }
  }
})

e2e('a backend that is down: 503 with Retry-After, and back when it is back', async (t) => {
  const port = await freePort()
  const gateway = await Gateway.start(t, { upstream: { endpoints: [`http://127.0.0.1:${port}`], ...FAST } })
  for (const signal of SIGNALS) {
    const res = await gateway.post(undefined, sample(signal, 'protobuf'))
    assert.equal(res.status, 503, signal)
    assert.ok(Number(res.headers['retry-after']) > 0)
  }
  const recorder = await Recorder.start(t, { port })
  assert.equal((await gateway.post(undefined, logRequest('back'))).status, 200)
  await recorder.take(1)
})

// Answers that are none. The sender hears that it may try again, soon.
const ODD = {
  'closes without a word': { close: true },
  'half a status line': { raw: 'HTTP/1.1 2' },
  'not HTTP': { raw: 'SSH-2.0-OpenSSH\r\n\r\n' },
  'status of four digits': { raw: 'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n' },
  'no space after the status': { raw: 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n' },
  'HTTP/2 preface': { raw: 'PRI * HTTP/2.0\r\n\r\n' },
  'success cut off in the head': { raw: 'HTTP/1.1 200 OK\r\nContent-Le' },
  'success cut off in the body': { raw: 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc' },
  'success cut off in a chunk': { raw: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nabc' },
  'two lengths': { raw: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n' },
  'length and chunks': { raw: 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' },
  'bad chunk size': { raw: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n' },
  'length that is no number': { raw: 'HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\n' },
  'length beyond 64 bits': { raw: 'HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n' },
  'switching protocols': { raw: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n' },
  'head without end': { raw: `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(50000)}` },
  'body too large': { status: 200, body: 'x'.repeat(3 << 20) }
}
for (const [name, rule] of Object.entries(ODD)) {
  e2e(`backend: ${name}`, async (t) => {
    const { gateway, recorder } = await world(t, { upstream: FAST })
    await recorder.script(rule)
    for (const signal of ['logs', 'loki_push']) {
      const start = Date.now()
      const res = await gateway.post(undefined, sample(signal, 'json'))
      assert.ok([502, 503, 504].includes(res.status), `${res.status} ${res.text}`)
      assert.ok(Date.now() - start < 2500)
    }
    await recorder.script()
    assert.equal((await gateway.post(undefined, logRequest('next'))).status, 200)
  })
}

e2e('odd but valid answers count: interim ones, chunks, HTTP/1.0, a body until the end', async (t) => {
  const { gateway, recorder } = await world(t)
  const good = [
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;ext=1\r\n{}\r\n0\r\nTrailer: x\r\n\r\n',
    'HTTP/1.0 200 OK\r\n\r\n{}',
    'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}',
    'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n'
  ]
  for (const raw of good) {
    await recorder.script({ raw })
    const res = await gateway.post(undefined, sample('logs', 'json'))
    assert.equal(res.status, 200, `${JSON.stringify(raw)}: ${res.text}`)
  }
})

e2e('a backend that hangs: an answer in time, and others are not held up', async (t) => {
  const { gateway, recorder } = await world(t, { upstream: FAST })
  await recorder.script({ path: '/v1/logs', hang: true })
  const start = Date.now()
  const hung = Promise.all(Array(20).fill(0).map(() => gateway.post(undefined, logRequest('x'))))
  assert.equal((await gateway.post(undefined, sample('traces', 'json'))).status, 200)
  assert.ok(Date.now() - start < 450, 'others are served meanwhile')
  for (const res of await hung) assert.ok([503, 504].includes(res.status), String(res.status))
  assert.ok(Date.now() - start < 2500, `answered after ${Date.now() - start} ms`)
})

e2e('who waits gets the connection of the call before, and a reload while others wait takes nothing away', async (t) => {
  const upstream = { max_connections: 1, max_requests: 1, adaptive_limit: false, breaker: { enabled: false } }
  const { gateway, recorder } = await world(t, { upstream, config: { threads: 1 } })
  await recorder.script({ delay_ms: 50 })
  const results = Array(8).fill(0).map((_, i) => gateway.post(undefined, { ...logRequest(`n${i}`), timeoutMs: 20000 }))
  await sleep(100)
  gateway.signal('SIGHUP')
  assert.deepEqual((await Promise.all(results)).map((r) => r.status), Array(8).fill(200))
})

e2e('senders who leave while they wait, after a reload, leave nothing behind', async (t) => {
  const upstream = { max_connections: 1, max_requests: 1, adaptive_limit: false, breaker: { enabled: false } }
  const { gateway, recorder } = await world(t, { upstream, config: { threads: 1 } })
  await recorder.script({ delay_ms: 3000 })
  const { body } = logRequest('gone')
  const text = `POST ${PATHS.logs} HTTP/1.1\r\nHost: x\r\nContent-Type: ${TYPES.json}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  const raws = await Promise.all(Array(5).fill(0).map(() => Raw.open(gateway.port)))
  raws.forEach((raw) => raw.send(text))
  await until('four of them to wait', async () => metric(await gateway.metrics(), 'redactd_upstream_waiting') === 4)
  gateway.signal('SIGHUP')
  await sleep(1500) // until nothing but these requests keeps the old generation
  raws.forEach((raw) => raw.close())
  await until('all of them to be given up', async () => metric(await gateway.metrics(), 'redactd_upstream_waiting') === 0)
  await recorder.script({})
  assert.equal((await gateway.post(undefined, { ...logRequest('next'), timeoutMs: 20000 })).status, 200)
})

e2e('an idle connection that the backend closed costs no request', async (t) => {
  const { gateway, recorder } = await world(t)
  await recorder.script({ path: '/v1/logs', status: 200, close: true })
  for (let i = 0; i < 50; i++) assert.equal((await gateway.post(undefined, logRequest(`n${i}`))).status, 200)
  await recorder.take(50)
})

e2e('two endpoints: one may be down', async (t) => {
  const dead = await freePort()
  const recorder = await Recorder.start(t)
  const gateway = await Gateway.start(t, { upstream: { endpoints: [`http://127.0.0.1:${dead}`, recorder.url], ...FAST } })
  const statuses = []
  for (let i = 0; i < 10; i++) statuses.push((await gateway.post(undefined, logRequest(`n${i}`))).status)
  assert.ok(statuses.every((s) => s === 200 || s === 503), `${statuses}`)
  assert.ok(statuses.filter((s) => s === 200).length >= 5, `${statuses}`)
  recorder.check()
})

e2e('bodies are sent as configured: gzip, zstd; headers are added, and are secret', async (t) => {
  for (const encoding of ['gzip', 'zstd']) {
    const { gateway, recorder } = await world(t, { upstream: { encoding, headers: { 'X-Api-Key': 'hdr-4a7c9e' } } })
    for (const signal of SIGNALS) {
      for (const format of Object.keys(TYPES)) {
        const res = await gateway.post(undefined, sample(signal, format))
        assert.equal(res.status, signal === 'loki_push' ? 204 : 200)
      }
    }
    for (const r of await recorder.take(8)) {
      const snappyBlock = r.signal === 'loki_push' && !r.is_json
      if (!snappyBlock) assert.equal(r.header('content-encoding'), encoding)
      assert.equal(r.header('x-api-key'), 'hdr-4a7c9e')
    }
  }
})

e2e('metrics tell how calls to the backend ended', async (t) => {
  const { gateway, recorder } = await world(t, { upstream: FAST })
  await gateway.post(undefined, logRequest('one'))
  await recorder.script({ close: true })
  await gateway.post(undefined, logRequest('two'))
  const all = await gateway.metrics()
  assert.ok(metric(all, 'redactd_upstream_calls_total', { upstream: 'backend', result: 'ok' }) >= 1)
  assert.ok(metric(all, 'redactd_upstream_calls_total', { upstream: 'backend' }) >= 2)
  assert.equal(PATHS.logs, (await recorder.take(recorder.count()))[0].target)
})

e2e('a sender that closes its writing half waits for the answer and gets it; one that closed altogether is noticed', async (t) => {
  const { gateway, recorder } = await world(t)
  const { body } = logRequest('half closed')
  const one = `POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  await recorder.script({ delay_ms: 1200 }) // longer than it takes to notice that somebody is gone
  for (const [bytes, statuses] of [[one, [200]], [one + one, [200, 200]], [one.replace('HTTP/1.1', 'HTTP/1.0'), [200]]]) {
    const raw = await Raw.open(gateway.port)
    raw.send(bytes)
    raw.socket.end()
    await raw.gone()
    const answers = raw.answers().filter((a) => a.status !== 100)
    assert.deepEqual(answers.map((a) => a.status), statuses)
    assert.equal(answers.at(-1).headers.connection, 'close')
  }
  assert.equal(metric(await gateway.metrics(), 'redactd_client_gone_total'), 0)
  await recorder.script({ hang: true })
  const raw = await Raw.open(gateway.port)
  raw.send(one)
  await until('the request at the backend', () => recorder.count() === 5)
  raw.close()
  await until('its end to be noticed', async () => metric(await gateway.metrics(), 'redactd_client_gone_total') === 1, 3000)
})
