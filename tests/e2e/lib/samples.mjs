// SPDX-License-Identifier: MIT
// One small body for every signal and format, with secrets planted at ordinary places.
import snappy from 'snappy'
import { BY_KEY, EMAIL } from './secrets.mjs'
import { fixed64, hex, int, len } from './pb.mjs'

export const NOW = `${BigInt(Date.now()) * 1000000n}`
const TRACE_ID = '5b8efff798038103d269b633813fc60c'
const SPAN_ID = 'eee19b7ec3c1b174'

const any = (text) => ({ stringValue: text })
const attributes = () => Object.entries({ greeting: `hello ${EMAIL}`, plain: 'stays', ...BY_KEY }).map(([key, v]) => ({ key, value: any(v) }))
const resource = () => ({ attributes: [{ key: 'service.name', value: any('shop') }, { key: 'owner', value: any(EMAIL) }] })

const json = {
  logs: () => ({ resourceLogs: [{ resource: resource(), scopeLogs: [{ logRecords: [{ timeUnixNano: NOW, severityText: 'INFO', body: any(`mail ${EMAIL} ok`), attributes: attributes() }] }] }] }),
  traces: () => ({ resourceSpans: [{ resource: resource(), scopeSpans: [{ spans: [{ traceId: TRACE_ID, spanId: SPAN_ID, name: `GET /u/${EMAIL}`, kind: 2, startTimeUnixNano: NOW, endTimeUnixNano: NOW, attributes: attributes() }] }] }] }),
  metrics: () => ({ resourceMetrics: [{ resource: resource(), scopeMetrics: [{ metrics: [{ name: 'logins', gauge: { dataPoints: [{ timeUnixNano: NOW, asInt: '3', attributes: attributes() }] } }] }] }] }),
  loki_push: () => ({ streams: [{ stream: { job: 'shop', session_id: BY_KEY['Session-ID'], contact: EMAIL }, values: [[NOW, `line ${EMAIL} end`, { user_id: BY_KEY.user_id, plain: 'stays' }]] }] })
}

const pair = (field, key, text) => len(field, len(1, key), len(2, len(1, text)))
const pairs = (field) => Buffer.concat(Object.entries({ greeting: `hello ${EMAIL}`, plain: 'stays', ...BY_KEY }).map(([k, v]) => pair(field, k, v)))
const pbResource = () => len(1, pair(1, 'service.name', 'shop'), pair(1, 'owner', EMAIL))
const [seconds, nanos] = [BigInt(NOW) / 1000000000n, BigInt(NOW) % 1000000000n]

const protobuf = {
  logs: () => len(1, pbResource(), len(2, len(2, fixed64(1, NOW), len(3, 'INFO'), len(5, len(1, `mail ${EMAIL} ok`)), pairs(6)))),
  traces: () => len(1, pbResource(), len(2, len(2, len(1, hex(TRACE_ID)), len(2, hex(SPAN_ID)), len(5, `GET /u/${EMAIL}`), int(6, 2), fixed64(7, NOW), fixed64(8, NOW), pairs(9)))),
  metrics: () => len(1, pbResource(), len(2, len(2, len(1, 'logins'), len(5, len(1, fixed64(3, NOW), fixed64(6, 3), pairs(7)))))),
  loki_push: () => len(1, len(1, `{job="shop", session_id="${BY_KEY['Session-ID']}", contact="${EMAIL}"}`),
    len(2, len(1, int(1, seconds), int(2, nanos)), len(2, `line ${EMAIL} end`), len(3, len(1, 'user_id'), len(2, BY_KEY.user_id)), len(3, len(1, 'plain'), len(2, 'stays'))))
}

export const PATHS = { logs: '/v1/logs', traces: '/v1/traces', metrics: '/v1/metrics', loki_push: '/loki/api/v1/push' }
export const TYPES = { json: 'application/json', protobuf: 'application/x-protobuf' }
export const SIGNALS = Object.keys(PATHS)
export const OTLP = SIGNALS.slice(0, 3)

// {path, headers, body}, ready for `exchange`.
export function sample (signal, format) {
  const body = format === 'json' ? Buffer.from(JSON.stringify(json[signal]())) : protobuf[signal]()
  return {
    path: PATHS[signal],
    headers: { 'Content-Type': TYPES[format] },
    body: signal === 'loki_push' && format === 'protobuf' ? snappy.compressSync(body) : body
  }
}

export const sampleJson = (signal) => json[signal]()
export const sampleProtobuf = (signal) => protobuf[signal]()

// A log record with this text as body; for tests that only need something to send.
export function logRequest (text) {
  return { path: PATHS.logs, headers: { 'Content-Type': TYPES.json }, body: JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: any(text) }] }] }] }) }
}
