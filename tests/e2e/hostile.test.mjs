// SPDX-License-Identifier: MIT
// Senders that are broken or mean harm: a clear refusal, soon, in little memory, and the next sender notices nothing.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:tls'
import { deflateSync, gzipSync } from 'node:zlib'
import snappy from 'snappy'
import { hex, len, varint } from './lib/pb.mjs'
import { Gateway, configTo } from './lib/gateway.mjs'
import { Raw, rawExchange } from './lib/http.mjs'
import { metric } from './lib/metrics.mjs'
import { certificates } from './lib/nginx.mjs'
import { freePort, sleep, until } from './lib/process.mjs'
import { PATHS, TYPES, logRequest, sample, sampleProtobuf } from './lib/samples.mjs'
import { assertClean, EMAIL } from './lib/secrets.mjs'
import { e2e, world } from './lib/world.mjs'

const SOON_MS = 5000
const SANITIZED = Boolean(process.env.REDACTD_SANITIZED)

// Posts the body; a refusal must come soon, and a good request must succeed after it.
async function refused (gateway, signal, format, body, { headers = {}, status } = {}) {
  const start = Date.now()
  const res = await gateway.post(PATHS[signal], { headers: { 'Content-Type': TYPES[format], ...headers }, body })
  assert.ok(res.status >= 400 && res.status < 500, `${res.status} ${res.text}`)
  if (status) assert.equal(res.status, status)
  assert.ok(Date.now() - start < SOON_MS, `took ${Date.now() - start} ms`)
  assertClean('the refusal', res.body)
  assert.equal((await gateway.post(undefined, logRequest('still here'))).status, 200)
  return res
}

function assertMemoryBelow (gateway, mebibytes) {
  if (SANITIZED) return // shadow memory says nothing about us
  const peak = gateway.peakMemory()
  assert.ok(peak < mebibytes, `peak memory ${peak.toFixed(0)} MiB, allowed ${mebibytes}`)
}

e2e('bodies cut off at every byte', async (t) => {
  const { gateway } = await world(t)
  const body = sampleProtobuf('logs')
  const counts = {}
  for (let n = 1; n < body.length; n++) {
    const res = await gateway.post(PATHS.logs, { headers: { 'Content-Type': TYPES.protobuf }, body: body.subarray(0, n) })
    counts[res.status] = (counts[res.status] ?? 0) + 1
    assertClean('the answer', res.body)
  }
  assert.deepEqual(counts, { 400: body.length - 1 })
})

e2e('JSON cut off at every byte', async (t) => {
  const { gateway } = await world(t)
  const { body } = sample('logs', 'json')
  for (let n = 1; n < body.length; n++) {
    const res = await gateway.post(PATHS.logs, { headers: { 'Content-Type': TYPES.json }, body: body.subarray(0, n) })
    assert.equal(res.status, 400, `first ${n} bytes`)
  }
})

e2e('nesting of 200,000 levels', async (t) => {
  const { gateway } = await world(t)
  await refused(gateway, 'logs', 'json', `{"resourceLogs":${'['.repeat(200000)}`)
  await refused(gateway, 'logs', 'json', `{"x":${'{"a":'.repeat(200000)}1${'}'.repeat(200000)}}`)
  await refused(gateway, 'loki_push', 'json', `{"streams":${'['.repeat(200000)}`)
  let any = len(1, 'x')
  const deep = []
  for (let size = any.length, i = 0; i < 200000; i++) { // AnyValue.array_value.values, written inside out
    const inner = Buffer.concat([Buffer.from([0x0a]), varint(size)])
    const outer = Buffer.concat([Buffer.from([0x2a]), varint(size + inner.length)])
    deep.push(inner, outer)
    size += inner.length + outer.length
  }
  any = Buffer.concat([...deep.reverse(), any])
  await refused(gateway, 'logs', 'protobuf', len(1, len(2, len(2, len(5, any)))))
  await refused(gateway, 'logs', 'protobuf', Buffer.alloc(200000, 0x7b)) // groups that open and never close
  assertMemoryBelow(gateway, 256)
})

e2e('lengths that lie', async (t) => {
  const { gateway } = await world(t)
  for (const bytes of ['0affffffffffffffffff01', '0affffffff07', '0a05', '0a80808080808080808001', 'ffffffffffffffffffff', '0a0512031280', '07', '0f', '00', '0c', '0b']) {
    await refused(gateway, 'logs', 'protobuf', hex(bytes), { status: 400 })
  }
})

e2e('compression bombs: gzip, zlib, zstd, snappy', async (t) => {
  const { gateway } = await world(t)
  const zeros = Buffer.alloc(512 << 20)
  const gzip = gzipSync(zeros, { level: 9 })
  await refused(gateway, 'logs', 'json', gzip, { headers: { 'Content-Encoding': 'gzip' }, status: 413 })
  await refused(gateway, 'logs', 'json', Buffer.concat(Array(64).fill(gzipSync(zeros.subarray(0, 8 << 20), { level: 9 }))), { headers: { 'Content-Encoding': 'gzip' }, status: 413 })
  await refused(gateway, 'logs', 'json', gzipSync(gzip), { headers: { 'Content-Encoding': 'gzip' } })
  await refused(gateway, 'logs', 'protobuf', deflateSync(zeros, { level: 9 }), { headers: { 'Content-Encoding': 'deflate' }, status: 413 })
  // zstd: one frame, one RLE block of 128 KiB after another, window as declared
  const block = Buffer.concat([zstdBlock(131072, false), Buffer.from([0])])
  const frame = Buffer.concat([hex('28b52ffd'), hex('0058'), ...Array(4095).fill(block), zstdBlock(131072, true), Buffer.from([0])])
  await refused(gateway, 'logs', 'json', frame, { headers: { 'Content-Encoding': 'zstd' }, status: 413 })
  await refused(gateway, 'loki_push', 'protobuf', hex('ffffffff0f00'))
  await refused(gateway, 'loki_push', 'protobuf', snappy.compressSync(zeros.subarray(0, 128 << 20)), { status: 413 })
  assertMemoryBelow(gateway, 320)
})

// Header of a zstd RLE block: last flag, type 1, size of the output.
function zstdBlock (size, last) {
  const header = Buffer.alloc(3)
  header.writeUIntLE((size << 3) | (1 << 1) | (last ? 1 : 0), 0, 3)
  return header
}

e2e('many tiny elements cost no more memory than many bytes', async (t) => {
  const { gateway } = await world(t)
  const empty = Buffer.alloc(8 << 20, hex('0a00'))
  await refused(gateway, 'logs', 'protobuf', empty, { status: 413 })
  await refused(gateway, 'logs', 'json', `{"resourceLogs":[${'{},'.repeat(3000000)}{}]}`, { status: 413 })
  assertMemoryBelow(gateway, 700)
})

e2e('text that is not UTF-8', async (t) => {
  const { gateway } = await world(t)
  const any = len(1, Buffer.concat([Buffer.from(EMAIL), hex('fffe')]))
  await refused(gateway, 'logs', 'protobuf', len(1, len(2, len(2, len(5, any)))), { status: 400 })
  await refused(gateway, 'logs', 'json', Buffer.concat([Buffer.from('{"a":"'), hex('ff'), Buffer.from('"}')]), { status: 400 })
  await refused(gateway, 'logs', 'json', Buffer.concat([hex('efbbbf'), Buffer.from('{}')]), { status: 400 })
})

e2e('codings that break in the middle', async (t) => {
  const { gateway } = await world(t)
  const { body } = logRequest('x'.repeat(5000))
  const gzip = gzipSync(body)
  for (const broken of [gzip.subarray(0, gzip.length - 4), gzip.subarray(0, 30), Buffer.concat([gzip, Buffer.from('tail')]), Buffer.from('plain'), Buffer.alloc(0)]) {
    await refused(gateway, 'logs', 'json', broken, { headers: { 'Content-Encoding': 'gzip' }, status: 400 })
  }
  for (const coding of ['deflate', 'zstd']) {
    await refused(gateway, 'logs', 'json', Buffer.from('no such thing'), { headers: { 'Content-Encoding': coding }, status: 400 })
  }
})

// Each of these is read differently by some server; none may pass, and what follows it is no request.
const body = '{"resourceLogs":[]}'
const head = (lines, start = 'POST /v1/logs HTTP/1.1') => `${start}\r\n${['Host: x', 'Content-Type: application/json', ...lines].join('\r\n')}\r\n\r\n`
const chunked = (chunks) => head(['Transfer-Encoding: chunked']) + chunks
const SMUGGLING = {
  'Content-Length and Transfer-Encoding': head(['Content-Length: 5', 'Transfer-Encoding: chunked']) + '0\r\n\r\n',
  'two lengths that differ': head(['Content-Length: 19', 'Content-Length: 5']) + body,
  'two lengths that agree': head(['Content-Length: 19', 'Content-Length: 19']) + body,
  'list of lengths': head(['Content-Length: 19, 19']) + body,
  'length with a sign': head(['Content-Length: +19']) + body,
  'length below zero': head(['Content-Length: -1']) + body,
  'length in hexadecimal': head(['Content-Length: 0x13']) + body,
  'length beyond 64 bits': head(['Content-Length: 18446744073709551635']) + body,
  'empty length': head(['Content-Length: ']) + body,
  'two transfer codings': head(['Transfer-Encoding: identity', 'Transfer-Encoding: chunked']) + '0\r\n\r\n',
  'list of transfer codings': head(['Transfer-Encoding: gzip, chunked']) + '0\r\n\r\n',
  'unknown transfer coding': head(['Transfer-Encoding: xchunked']) + '0\r\n\r\n',
  'transfer coding with quotes': head(['Transfer-Encoding: "chunked"']) + '0\r\n\r\n',
  'transfer coding in HTTP/1.0': head(['Transfer-Encoding: chunked'], 'POST /v1/logs HTTP/1.0') + '0\r\n\r\n',
  'space before the colon': head(['Transfer-Encoding : chunked']) + '0\r\n\r\n',
  'header name with a space': head(['Bad Name: x', 'Content-Length: 19']) + body,
  'folded header': head(['X-A: 1', ' folded', 'Content-Length: 19']) + body,
  'header without a colon': head(['nonsense', 'Content-Length: 19']) + body,
  'NUL in a header': head(['X-A: a\0b', 'Content-Length: 19']) + body,
  'bare CR in a header': head(['X-A: a\rb', 'Content-Length: 19']) + body,
  'bare LF after the request line': `POST /v1/logs HTTP/1.1\nHost: x\r\nContent-Length: 19\r\n\r\n${body}`,
  'bare LF after a header': `POST /v1/logs HTTP/1.1\r\nHost: x\nContent-Type: application/json\r\nContent-Length: 19\r\n\r\n${body}`,
  'only bare LF': `POST /v1/logs HTTP/1.1\nHost: x\nContent-Type: application/json\nContent-Length: 19\n\n${body}`,
  'no Host': `POST /v1/logs HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 19\r\n\r\n${body}`,
  'two Hosts': head(['Host: y', 'Content-Length: 19']) + body,
  'HTTP/1.2': head(['Content-Length: 19'], 'POST /v1/logs HTTP/1.2') + body,
  'HTTP/2.0 in text': head(['Content-Length: 19'], 'POST /v1/logs HTTP/2.0') + body,
  'no version': `POST /v1/logs\r\n\r\n`,
  'chunk size with garbage': chunked(`13xyz\r\n${body}\r\n0\r\n\r\n`),
  'chunk size with a prefix': chunked(`0x13\r\n${body}\r\n0\r\n\r\n`),
  'chunk size beyond 64 bits': chunked(`10000000000000013\r\n${body}\r\n0\r\n\r\n`),
  'chunk size below zero': chunked(`-13\r\n${body}\r\n0\r\n\r\n`),
  'empty chunk size': chunked(`\r\n${body}\r\n0\r\n\r\n`),
  'chunk longer than its size': chunked(`5\r\n${body}\r\n0\r\n\r\n`),
  'bare LF after a chunk size': chunked(`13\n${body}\r\n0\r\n\r\n`),
  'bare LF after a chunk': chunked(`13\r\n${body}\n0\r\n\r\n`)
}
const HIDDEN = `POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
for (const [name, bytes] of Object.entries(SMUGGLING)) {
  e2e(`framing: ${name}`, async (t) => {
    const { gateway, recorder } = await world(t)
    const raw = await Raw.open(gateway.port)
    raw.send(bytes + HIDDEN)
    await raw.gone(SOON_MS)
    const statuses = raw.answers().map((a) => a.status)
    assert.ok(statuses.every((s) => s === 400 || s === 505), `one refusal or none, then the end: ${statuses}`)
    assert.ok(statuses.length <= 1, `${statuses}`)
    raw.close()
    assert.equal((await gateway.post(undefined, logRequest('next'))).status, 200)
    assert.equal(recorder.count(), 1)
  })
}

e2e('other protocols on this port get an end, not a hang', async (t) => {
  const { gateway } = await world(t)
  const strangers = [hex('1603010200010001fc0303'), Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.from('SSH-2.0-x\r\n'), Buffer.alloc(4096, 0xff), Buffer.from('\r\n\r\n\r\n\r\n'.repeat(200))]
  for (const bytes of strangers) {
    const raw = await Raw.open(gateway.port)
    raw.send(Buffer.concat([bytes, Buffer.from('\r\n\r\n')]))
    await raw.gone(SOON_MS)
    for (const { status } of raw.answers()) assert.ok(status >= 400 && status < 600)
  }
  assert.equal((await gateway.post(undefined, logRequest('next'))).status, 200)
})

e2e('huge request lines and headers', async (t) => {
  const { gateway } = await world(t)
  const lines = ['X: ' + 'a'.repeat(100000), ...Array(200).fill(0).map((_, i) => `X-${i}: ${'b'.repeat(1000)}`)]
  const cases = [head([lines[0]]), head(lines.slice(1)), head(Array(500).fill('A: b')), `POST /${'p'.repeat(100000)} HTTP/1.1\r\nHost: x\r\n\r\n`]
  for (const text of cases) {
    const raw = await Raw.open(gateway.port)
    raw.send(text)
    await raw.gone(SOON_MS)
    for (const { status } of raw.answers()) assert.ok([400, 414, 431].includes(status), String(status))
  }
  const endless = await Raw.open(gateway.port)
  endless.send('POST /v1/logs HTTP/1.1\r\nHost: x\r\nX: ')
  for (let i = 0; i < 64 && !endless.closed; i++) {
    endless.send('c'.repeat(65536))
    await sleep(5)
  }
  await endless.gone(SOON_MS)
  assert.equal((await gateway.post(undefined, logRequest('next'))).status, 200)
  assertMemoryBelow(gateway, 128)
})

const SLOW = { limits: { header_timeout: '500ms', body_timeout: '1s', idle_timeout: '500ms' } }
e2e('slow senders are let go: headers, body, silence', async (t) => {
  const { gateway, recorder } = await world(t, { config: SLOW })
  const drips = [
    { start: 'POST /v1/logs HTTP/1.1\r\n', drip: 'X: y\r\n' },
    { start: 'P', drip: 'O' },
    { start: head(['Content-Length: 100000']), drip: ' ' },
    { start: head(['Transfer-Encoding: chunked']), drip: '1\r\n \r\n' },
    { start: '', drip: '' }
  ]
  await Promise.all(drips.map(async ({ start, drip }) => {
    const raw = await Raw.open(gateway.port)
    raw.send(start)
    const began = Date.now()
    while (!raw.closed && Date.now() - began < SOON_MS) {
      raw.send(drip)
      await sleep(100)
    }
    raw.close()
    assert.ok(Date.now() - began < 3500, `held for ${Date.now() - began} ms: ${JSON.stringify(start.slice(0, 20))}`)
    // Every sender tries again after 503, and drops its data after 408.
    for (const { status } of raw.answers()) assert.equal(status, 503)
  }))
  assert.equal((await gateway.post(undefined, logRequest('next'))).status, 200)
  await recorder.take(1)
})

e2e('senders that leave in the middle', async (t) => {
  const { gateway, recorder } = await world(t)
  await recorder.script({ delay_ms: 150 })
  const { body: text } = logRequest('x'.repeat(2000))
  const whole = Buffer.from(head([`Content-Length: ${text.length}`]) + text)
  for (let i = 0; i < 60; i++) {
    const raw = await Raw.open(gateway.port)
    raw.send(whole.subarray(0, i % 3 === 0 ? whole.length : Math.ceil(whole.length * i / 60)))
    await sleep(i % 7)
    if (i % 2) raw.socket.resetAndDestroy()
    else raw.close()
  }
  await sleep(400)
  assert.equal((await gateway.post(undefined, logRequest('next'))).status, 200)
})

e2e('more connections than allowed', async (t) => {
  const { gateway } = await world(t, { config: { limits: { connections: 20 } } })
  const raws = await Promise.all(Array(60).fill(0).map(() => Raw.open(gateway.port)))
  for (const raw of raws) raw.send(head(['Content-Length: 2']) + '{}') // for which no backend is asked
  const answers = await Promise.all(raws.map((raw) => raw.answer()))
  assert.equal(answers.filter((a) => a?.status === 200).length, 20)
  const others = answers.filter((a) => a?.status !== 200)
  for (const { status, headers } of others) assert.deepEqual([status, headers['retry-after'], headers.connection], [503, '2', 'close'])
  assert.equal(metric(await gateway.metrics(), 'redactd_connections_refused_total'), 40)
  raws.forEach((r) => r.close())
  await until('room for the next one', async () => (await gateway.post(undefined, logRequest('next'))).status === 200)
})

e2e('more TLS connections than allowed: told to come back as well', async (t) => {
  const port = await freePort()
  const certs = certificates()
  const listeners = [{ address: `127.0.0.1:${port}`, tls: { certificate: certs.file('server.pem'), key: certs.file('server.key') } }]
  const gateway = await Gateway.start(t, { config: { ...configTo({ store: 'data' }), listeners, limits: { connections: 5 } } })
  const sockets = []
  t.after(() => sockets.forEach((socket) => socket.destroy()))
  const dial = async () => {
    const socket = connect({ port, host: '127.0.0.1', ca: readFileSync(certs.file('ca.pem')) })
    socket.received = ''
    socket.ended = false
    socket.on('data', (d) => { socket.received += d }).on('close', () => { socket.ended = true }).on('error', () => {})
    sockets.push(socket)
    await once(socket, 'secureConnect')
    socket.write(head(['Content-Length: 2']) + '{}')
    await until('an answer', () => socket.received.includes('\r\n\r\n'))
    return socket
  }
  for (let i = 0; i < 5; i++) assert.match((await dial()).received, /^HTTP\/1.1 200 /)
  for (let i = 0; i < 70; i++) { // more than have a place at a time
    const socket = await dial()
    assert.match(socket.received, /^HTTP\/1.1 503 [^]*retry-after: 2[^]*connection: close[^]*too many connections/)
    socket.end()
    await until('the end of it', () => socket.ended)
  }
  assert.equal(metric(await gateway.metrics(), 'redactd_connections_refused_total'), 70)
  for (const socket of sockets) socket.destroy()
  await until('room for the next one', async () => (await dial()).received.startsWith('HTTP/1.1 200 '))
  for (const socket of sockets) socket.destroy()
  await until('all to be closed', async () => metric(await gateway.metrics(), 'redactd_connections') === 1) // the one that asks
})

e2e('memory has a ceiling for all requests together', async (t) => {
  const { gateway } = await world(t, { config: { limits: { body_bytes: '6MiB', decoded_bytes: '6MiB', memory_bytes: '16MiB' } } })
  const large = logRequest('x'.repeat(4 << 20))
  const results = await Promise.all(Array(24).fill(0).map(() => gateway.post(undefined, { ...large, timeoutMs: 30000 })))
  const statuses = results.map((r) => r.status)
  assert.ok(statuses.every((s) => s === 200 || s === 503), `${statuses}`)
  assert.ok(statuses.includes(503), 'some had to come back later')
  for (const r of results) if (r.status === 503) assert.ok(Number(r.headers['retry-after']) > 0)
  assert.equal((await gateway.post(undefined, logRequest('next'))).status, 200)
  assertMemoryBelow(gateway, 200)
})

e2e('a body that is only announced holds no memory of others', async (t) => {
  const { gateway } = await world(t, { config: { limits: { memory_bytes: 100 << 20 } } })
  const raws = await Promise.all(Array(100).fill(0).map(() => Raw.open(gateway.port)))
  for (const raw of raws) raw.send(head(['Content-Length: 20000000']))
  await sleep(200)
  assert.equal((await gateway.post(undefined, logRequest('x'.repeat(4 << 20)))).status, 200)
  raws.forEach((raw) => raw.close())
})

e2e('bodies that grew when decoded count while they wait for the backend', async (t) => {
  const held = [] // answers of a backend that waits until it is told to go on
  const backend = createServer((req, res) => req.resume().on('end', () => held.push(res))).listen(0, '127.0.0.1')
  await once(backend, 'listening')
  t.after(() => backend.close())
  const gateway = await Gateway.start(t, {
    config: configTo({ endpoints: [`http://127.0.0.1:${backend.address().port}`], first_byte_timeout: '60s', total_timeout: '60s' }, { limits: { memory_bytes: 12 << 20, body_bytes: '4MiB', decoded_bytes: '4MiB' } })
  })
  const unit = Array(900).fill(0).map((_, i) => 'abcdefghij '[(i * i * 7919 >> 3) % 11]).join('')
  const { body } = logRequest(Array(3300).fill(0).map((_, i) => unit + i).join(' '))
  const request = { headers: { 'Content-Type': TYPES.json, 'Content-Encoding': 'gzip' }, body: gzipSync(body), timeoutMs: 60000 }
  const statuses = []
  const all = Promise.all(Array(12).fill(0).map(async () => statuses.push((await gateway.post(PATHS.logs, request)).status)))
  await until('each to be refused or to wait', () => statuses.length + held.length === 12, 50000)
  assert.deepEqual(statuses, Array(12 - held.length).fill(503))
  assert.ok(held.length >= 1 && held.length <= 3, `${held.length} of 3 MiB wait within 12 MiB`)
  held.forEach((res) => res.end())
  await all
  assert.equal(statuses.filter((s) => s === 200).length, held.length)
})

e2e('who looks after it gets in when connections are used up', async (t) => {
  const { gateway } = await world(t, { config: { limits: { connections: 20 } } })
  const raws = await Promise.all(Array(40).fill(0).map(() => Raw.open(gateway.port)))
  await sleep(300)
  assert.equal((await gateway.admin('/livez')).status, 200)
  raws.forEach((raw) => raw.close())
})

e2e('a slow sender of a body that was refused gets the answer', { timeoutMs: 60000 }, async (t) => {
  const { gateway } = await world(t)
  const raw = await Raw.open(gateway.port)
  let reset = false
  raw.socket.on('error', () => { reset = true })
  raw.send(head(['Content-Length: 20000000000']))
  for (let i = 0; i < 14; i++) { // longer than an idle connection would be waited for
    raw.send('x'.repeat(1000))
    await sleep(250)
    assert.ok(!reset, 'not reset while the body is still coming')
  }
  assert.equal((await raw.answer())?.status, 413)
})

e2e('an answer is not lost with what was pipelined behind the last request', async (t) => {
  const { gateway } = await world(t)
  const { body: text } = logRequest('x')
  const one = head([`Content-Length: ${text.length}`]) + text
  for (let i = 0; i < 20; i++) {
    const raw = await Raw.open(gateway.port)
    raw.send(one.replace('Host', 'Connection: close\r\nHost') + one.repeat(50))
    assert.equal((await raw.answer())?.status, 200)
    await raw.gone(SOON_MS)
  }
})

e2e('the admin port takes no telemetry and survives nonsense', async (t) => {
  const { gateway } = await world(t)
  for (const path of ['/v1/logs', '/', '/nope', '/metrics/../x']) assert.equal((await gateway.admin(path)).status, 404, path)
  for (const bytes of Object.values(SMUGGLING).slice(0, 6)) {
    const { answers } = await rawExchange(gateway.adminPort, bytes.replace('POST /v1/logs', 'GET /metrics'))
    for (const { status } of answers) assert.equal(status, 400)
  }
  assert.equal((await gateway.admin('/livez')).status, 200)
})
