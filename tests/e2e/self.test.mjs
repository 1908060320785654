// SPDX-License-Identifier: MIT
// The measuring tools measured: the search for secrets finds every spelling, and the backend refuses what a strict
// backend refuses.
import test from 'node:test'
import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import snappy from 'snappy'
import { Raw, exchange } from './lib/http.mjs'
import { len } from './lib/pb.mjs'
import { redact } from './lib/expect.mjs'
import { assertConserved, parseMetrics } from './lib/metrics.mjs'
import { Recorder } from './lib/recorder.mjs'
import { PATHS, SIGNALS, TYPES, sample, sampleJson } from './lib/samples.mjs'
import { EMAIL, SECRETS, assertClean, findSecrets } from './lib/secrets.mjs'

const json = (s) => [...s].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
const SPELLINGS = {
  plain: EMAIL,
  'upper case': EMAIL.toUpperCase(),
  'JSON escapes': `{"a":"${json(EMAIL)}"}`,
  'JSON in JSON': JSON.stringify(JSON.stringify({ a: 1 }).replace('1', `"${json(EMAIL)}"`)),
  percent: encodeURIComponent(EMAIL),
  'percent, all': [...EMAIL].map((c) => '%' + c.charCodeAt(0).toString(16)).join(''),
  base64: Buffer.from(`x ${EMAIL} y`).toString('base64'),
  'base64 after more text': 'abc' + Buffer.from(EMAIL).toString('base64'),
  base64url: Buffer.from(`??>${EMAIL}`).toString('base64url')
}
for (const [name, text] of Object.entries(SPELLINGS)) {
  test(`a secret is found: ${name}`, () => {
    assert.ok(findSecrets(Buffer.from(`before ${text} after`)).includes(EMAIL))
    assert.throws(() => assertClean('x', text))
  })
}

test('no secret is found where none is', () => {
  for (const signal of SIGNALS) {
    const clean = JSON.stringify(redact(sampleJson(signal)))
    assert.deepEqual(findSecrets(clean, SECRETS), [], signal)
    assert.notDeepEqual(findSecrets(JSON.stringify(sampleJson(signal))), [], signal)
  }
})

test('an account that is out of balance is found', () => {
  const text = (delivered) => ['items', 'requests'].flatMap((kind) => ['received', 'accepted', 'rejected', 'delivered', 'dropped'].flatMap((word) => {
    const value = { received: 3, accepted: 2, rejected: 1, delivered, dropped: 0 }[word]
    return [`# TYPE redactd_${kind}_${word}_total counter`, `redactd_${kind}_${word}_total{signal="logs"} ${value}`]
  })).join('\n')
  assertConserved(parseMetrics(text(2)))
  assert.throws(() => assertConserved(parseMetrics(text(1))))
  assert.throws(() => assertConserved(parseMetrics('')))
})

test('the backend takes every sample', { timeout: 20000 }, async (t) => {
  const recorder = await Recorder.start(t, { anyLabelOrder: true })
  for (const signal of SIGNALS) {
    for (const format of Object.keys(TYPES)) {
      const { status } = await exchange(recorder.port, sample(signal, format))
      assert.equal(status, signal === 'loki_push' ? 204 : 200)
    }
  }
  assert.throws(() => recorder.check(), 'the samples hold secrets')
})

const loki = (body) => ({ path: PATHS.loki_push, headers: { 'Content-Type': TYPES.json }, body: JSON.stringify(body) })
const lokiPb = (labels, ...entries) => ({ path: PATHS.loki_push, headers: { 'Content-Type': TYPES.protobuf }, body: snappy.compressSync(len(1, len(1, labels), ...entries)) })
const entry = len(2, len(1), len(2, 'x'))
const logs = (headers, body) => ({ path: PATHS.logs, headers, body })
const REFUSED = {
  'path that is none': { path: '/v1/nothing', headers: { 'Content-Type': TYPES.json }, body: '{}' },
  'wrong method': { ...logs({ 'Content-Type': TYPES.json }, '{}'), method: 'PUT' },
  'charset': logs({ 'Content-Type': 'application/json; charset=utf-8' }, '{}'),
  'no type': logs({}, '{}'),
  'broken JSON': logs({ 'Content-Type': TYPES.json }, '{'),
  'text after JSON': logs({ 'Content-Type': TYPES.json }, '{} x'),
  'broken protobuf': logs({ 'Content-Type': TYPES.protobuf }, '\x0a\x05'),
  'protobuf text that is not UTF-8': logs({ 'Content-Type': TYPES.protobuf }, len(1, len(3, Buffer.from([0xff])))),
  'coding in upper case': logs({ 'Content-Type': TYPES.json, 'Content-Encoding': 'GZIP' }, gzipSync('{}')),
  'broken gzip': logs({ 'Content-Type': TYPES.json, 'Content-Encoding': 'gzip' }, gzipSync('{}').subarray(0, 10)),
  'no streams': loki({ streams: [] }),
  'empty stream': loki({ streams: [{ stream: { a: 'b' }, values: [] }] }),
  'number as time': loki({ streams: [{ stream: { a: 'b' }, values: [[1, 'x']] }] }),
  'number in metadata': loki({ streams: [{ stream: { a: 'b' }, values: [['1', 'x', { k: 1 }]] }] }),
  'label name that injects': loki({ streams: [{ stream: { 'a="b",c': 'd' }, values: [['1', 'x']] }] }),
  'labels without braces': lokiPb('a="b"', entry),
  'labels that are not sorted': lokiPb('{b="x", a="y"}', entry),
  'label twice': lokiPb('{a="x", a="y"}', entry),
  'label with a raw quote': lokiPb('{a="x"y"}', entry),
  'label with an empty value': lokiPb('{a=""}', entry),
  'no labels': lokiPb('{}', entry),
  'stream without entries': lokiPb('{a="b"}'),
  'protobuf without snappy': { path: PATHS.loki_push, headers: { 'Content-Type': TYPES.protobuf }, body: len(1, len(1, '{a="b"}'), entry) }
}
test('the backend refuses what is not exact', { timeout: 20000 }, async (t) => {
  const recorder = await Recorder.start(t)
  for (const [name, request] of Object.entries(REFUSED)) {
    assert.equal((await exchange(recorder.port, request)).status, 400, name)
    assert.notEqual(recorder.requests().at(-1).error, null, name)
  }
  assert.equal((await exchange(recorder.port, lokiPb('{a="x\\"y", b="z"}', entry))).status, 204)
})

const post = (lines, body = '') => `POST /v1/logs HTTP/1.1\r\n${lines.map((l) => l + '\r\n').join('')}\r\n${body}`
const TYPE = 'Content-Type: application/json'
const FRAMING = {
  'no Host': post([TYPE, 'Content-Length: 2'], '{}'),
  'two lengths': post(['Host: x', TYPE, 'Content-Length: 2', 'Content-Length: 2'], '{}'),
  'length and chunks': post(['Host: x', TYPE, 'Content-Length: 2', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
  'chunk extension': post(['Host: x', TYPE, 'Transfer-Encoding: chunked'], '2;a=b\r\n{}\r\n0\r\n\r\n'),
  'bare LF': 'POST /v1/logs HTTP/1.1\nHost: x\n\n',
  'folded header': post(['Host: x', TYPE, ' more', 'Content-Length: 2'], '{}'),
  'HTTP/1.0': post(['Host: x', TYPE, 'Content-Length: 2'], '{}').replace('1.1', '1.0'),
  'absolute target': post(['Host: x', TYPE, 'Content-Length: 2'], '{}').replace('/v1', 'http://x/v1')
}
test('the backend refuses framing that is not exact', { timeout: 20000 }, async (t) => {
  const recorder = await Recorder.start(t)
  for (const [name, bytes] of Object.entries(FRAMING)) {
    const raw = await Raw.open(recorder.port)
    raw.send(bytes)
    await raw.gone()
    assert.equal(raw.answers()[0].status, 400, name)
  }
  assert.equal(recorder.count(), Object.keys(FRAMING).length)
})
