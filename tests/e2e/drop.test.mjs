// SPDX-License-Identifier: MIT
// Rules that drop whole records: what the backend sees, what senders are told, what is counted.
import assert from 'node:assert/strict'
import snappy from 'snappy'
import { e2e, world } from './lib/world.mjs'
import { assertConserved, account, metric } from './lib/metrics.mjs'
import { fixed64, hex, int, len } from './lib/pb.mjs'
import { NOW, PATHS, SIGNALS, TYPES } from './lib/samples.mjs'
import { EMAIL } from './lib/secrets.mjs'

const config = {
  redaction: { rules: [{ name: 'noise', pattern: 'GET /healthz', action: 'drop_record' }, { name: 'internal', keys: ['internal_only'], action: 'drop_record' }] },
  workspaces: { anonymous: 'shop' }
}

const any = (text) => ({ stringValue: text })
const [seconds, nanos] = [BigInt(NOW) / 1000000000n, BigInt(NOW) % 1000000000n]
const TRACE = ['5b8efff798038103d269b633813fc60c', 'eee19b7ec3c1b174']

// One record for each text, each with an attribute `k` (structured metadata in Loki).
const json = {
  logs: (texts, k) => ({ resourceLogs: [{ scopeLogs: [{ logRecords: texts.map((text) => ({ timeUnixNano: NOW, body: any(text), attributes: [{ key: k, value: any('v') }] })) }] }] }),
  traces: (texts, k) => ({ resourceSpans: [{ scopeSpans: [{ spans: texts.map((text) => ({ traceId: TRACE[0], spanId: TRACE[1], name: text, startTimeUnixNano: NOW, endTimeUnixNano: NOW, attributes: [{ key: k, value: any('v') }] })) }] }] }),
  metrics: (texts, k) => ({ resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', gauge: { dataPoints: texts.map((text) => ({ timeUnixNano: NOW, asInt: '3', attributes: [{ key: 'a', value: any(text) }, { key: k, value: any('v') }] })) } }] }] }] }),
  loki_push: (texts, k) => ({ streams: [{ stream: { job: 'shop' }, values: texts.map((text) => [NOW, text, { [k]: 'v' }]) }] })
}
const pair = (field, key, text) => len(field, len(1, key), len(2, len(1, text)))
const protobuf = {
  logs: (texts, k) => len(1, len(2, ...texts.map((text) => len(2, fixed64(1, NOW), len(5, len(1, text)), pair(6, k, 'v'))))),
  traces: (texts, k) => len(1, len(2, ...texts.map((text) => len(2, len(1, hex(TRACE[0])), len(2, hex(TRACE[1])), len(5, text), fixed64(7, NOW), fixed64(8, NOW), pair(9, k, 'v'))))),
  metrics: (texts, k) => len(1, len(2, len(2, len(1, 'm'), len(5, ...texts.map((text) => len(1, fixed64(3, NOW), fixed64(6, 3), pair(7, 'a', text), pair(7, k, 'v'))))))),
  loki_push: (texts, k) => len(1, len(1, '{job="shop"}'), ...texts.map((text) => len(2, len(1, int(1, seconds), int(2, nanos)), len(2, text), len(3, len(1, k), len(2, 'v')))))
}

function request (signal, format, texts, k = 'plain') {
  const body = format === 'json' ? Buffer.from(JSON.stringify(json[signal](texts, k))) : protobuf[signal](texts, k)
  return { path: PATHS[signal], headers: { 'Content-Type': TYPES[format] }, body: signal === 'loki_push' && format === 'protobuf' ? snappy.compressSync(body) : body }
}

const success = (signal) => signal === 'loki_push' ? 204 : 200

e2e('records that a rule drops are missing at the backend, and nothing else is', async (t) => {
  const { gateway, recorder } = await world(t, { config })
  const texts = ['GET /healthz 200', `GET /cart for ${EMAIL}`, 'GET /healthz 200', 'GET /pay', 'GET /healthz 503']
  for (const signal of SIGNALS) {
    for (const format of ['json', 'protobuf']) {
      const res = await gateway.post(undefined, request(signal, format, texts))
      assert.equal(res.status, success(signal), `${signal} ${format}: ${res.text}`)
      assert.doesNotMatch(res.text, /partial/i, 'what policy drops was accepted')
    }
  }
  for (const { plain, target } of await recorder.take(8)) {
    assert.ok(!plain.includes('healthz'), target)
    assert.ok(plain.includes('GET /cart for ') && plain.includes('GET /pay'), target)
  }
  const m = await gateway.metrics()
  for (const signal of SIGNALS) assert.deepEqual([account(m, signal).accepted, account(m, signal).discarded, account(m, signal).delivered], [10, 6, 4], signal)
  assert.equal(metric(m, 'redactd_workspace_records_dropped_total', { workspace_id: 'shop', rule: 'noise' }), 24)
  assertConserved(m)
})

e2e('a body of which every record is dropped is success, and the backend is not called', async (t) => {
  const { gateway, recorder } = await world(t, { config })
  for (const signal of SIGNALS) {
    for (const format of ['json', 'protobuf']) {
      const res = await gateway.post(undefined, request(signal, format, ['a', 'b'], 'InternalOnly'))
      assert.equal(res.status, success(signal), `${signal} ${format}: ${res.text}`)
    }
  }
  assert.equal(recorder.count(), 0)
  const m = await gateway.metrics()
  for (const signal of SIGNALS) assert.deepEqual([account(m, signal).discarded, account(m, signal).delivered], [4, 0], signal)
  assert.equal(metric(m, 'redactd_workspace_records_dropped_total', { workspace_id: 'shop', rule: 'internal' }), 16)
  assertConserved(m)
})

e2e('records of a request that the backend did not take are not counted as discarded', async (t) => {
  const { gateway, recorder } = await world(t, { config })
  await recorder.script({ status: 503, times: 1 })
  assert.equal((await gateway.post(undefined, request('logs', 'json', ['GET /healthz', 'x']))).status, 503)
  const m = await gateway.metrics()
  assert.deepEqual([account(m, 'logs').discarded, account(m, 'logs').dropped], [0, 2])
  assertConserved(m)
})
