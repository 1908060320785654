// SPDX-License-Identifier: MIT
// Limits on what records and streams hold, and shedding: what the backend sees, what senders are told, what is counted.
import assert from 'node:assert/strict'
import snappy from 'snappy'
import { SeverityNumber } from '@opentelemetry/api-logs'
import { OTLPLogExporter as LogsJson } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as LogsProtobuf } from '@opentelemetry/exporter-logs-otlp-proto'
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import { e2e, world } from './lib/world.mjs'
import { account, assertConserved, metric } from './lib/metrics.mjs'
import { complaints, send } from './lib/otel.mjs'
import { sendPino, sendWinston } from './lib/loki-clients.mjs'
import { fixed64, hex, int, len } from './lib/pb.mjs'
import { NOW, OTLP, PATHS, TYPES } from './lib/samples.mjs'
import { EMAIL } from './lib/secrets.mjs'

const DAY = 86400n * 1000000000n
const [OLD, AHEAD] = [`${BigInt(NOW) - 2n * DAY}`, `${BigInt(NOW) + 2n * DAY}`]
const withQuota = (quota, more = {}) => ({ config: { workspaces: { anonymous: 'shop', quota, ...more } } })
const any = (text) => ({ stringValue: text })
const seconds = (ns) => len(1, int(1, BigInt(ns) / 1000000000n), int(2, BigInt(ns) % 1000000000n))

// Bodies: each record [text, time, severity].
const json = {
  logs: (records) => ({ resourceLogs: [{ scopeLogs: [{ logRecords: records.map(([text, time, severity]) => ({ timeUnixNano: time, ...(severity ? { severityNumber: severity } : {}), body: any(text) })) }] }] }),
  traces: (records) => ({ resourceSpans: [{ scopeSpans: [{ spans: records.map(([text, time]) => ({ traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', name: text, startTimeUnixNano: time, endTimeUnixNano: time })) }] }] }),
  metrics: (records) => ({ resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', gauge: { dataPoints: records.map(([text, time]) => ({ timeUnixNano: time, asInt: '3', attributes: [{ key: 'a', value: any(text) }] })) } }] }] }] })
}
const protobuf = {
  logs: (records) => len(1, len(2, ...records.map(([text, time, severity]) => len(2, fixed64(1, time), ...(severity ? [int(2, severity)] : []), len(5, len(1, text)))))),
  traces: (records) => len(1, len(2, ...records.map(([text, time]) => len(2, len(1, hex('5b8efff798038103d269b633813fc60c')), len(2, hex('eee19b7ec3c1b174')), len(5, text), fixed64(7, time), fixed64(8, time))))),
  metrics: (records) => len(1, len(2, len(2, len(1, 'm'), len(5, ...records.map(([text, time]) => len(1, fixed64(3, time), fixed64(6, 3), len(7, len(1, 'a'), len(2, len(1, text)))))))))
}
function otlp (signal, format, records) {
  return { path: PATHS[signal], headers: { 'Content-Type': TYPES[format] }, body: format === 'json' ? JSON.stringify(json[signal](records)) : protobuf[signal](records) }
}

// Streams: [labels, [[time, line] ...]].
function loki (format, streams) {
  const text = (labels) => `{${Object.entries(labels).sort(([a], [b]) => a < b ? -1 : 1).map(([k, v]) => `${k}="${v}"`).join(', ')}}`
  const body = format === 'json'
    ? JSON.stringify({ streams: streams.map(([labels, values]) => ({ stream: labels, values })) })
    : snappy.compressSync(Buffer.concat(streams.map(([labels, values]) => len(1, len(1, text(labels)), ...values.map(([time, line]) => len(2, seconds(time), len(2, line)))))))
  return { path: PATHS.loki_push, headers: { 'Content-Type': TYPES[format] }, body }
}

// {rejected, message} of an answer.
function partial (res, format) {
  if (format === 'json') {
    const { partialSuccess } = JSON.parse(res.text)
    const [word] = Object.keys(partialSuccess).filter((k) => k.startsWith('rejected'))
    return { word, rejected: Number(partialSuccess[word]), message: partialSuccess.errorMessage }
  }
  const inner = res.body.subarray(res.body[1] < 128 ? 2 : 3)
  assert.equal(inner[0], 0x08)
  return { rejected: inner[1], message: inner.subarray(inner[3] < 128 ? 4 : 5).toString() }
}

const limited = (m, limit, mode = 'enforce') => metric(m, 'redactd_workspace_items_limited_total', { workspace_id: 'shop', limit, mode })

for (const format of ['json', 'protobuf']) {
  e2e(`Loki, ${format}: entries beyond a limit are refused in Loki's words, all others arrive`, async (t) => {
    const { gateway, recorder } = await world(t, withQuota({ line_bytes: '40B', label_names: 3, label_name_bytes: '8B', label_value_bytes: '10B', max_age: '24h', max_ahead: '10m' }))
    const fine = [NOW, `GET /cart for ${EMAIL}`]
    const bad = [
      ['line_bytes', [{ job: 'a' }, [[NOW, 'x'.repeat(41)], fine]], /max entry size '40' bytes exceeded while adding an entry with length '41' bytes \(line_bytes: 40 bytes; 1 items\)/],
      ['max_age', [{ job: 'a' }, [[OLD, 'old'], fine]], /timestamp too old: \d{4}-\d\d-\d\dT.*, oldest acceptable timestamp is: .* \(max_age: 86400 s; 1 items\)/],
      ['max_ahead', [{ job: 'a' }, [[AHEAD, 'ahead'], fine]], /timestamp too new: .*\(max_ahead: 600 s; 1 items\)/],
      ['label_names', [{ job: 'a', b: 'c', d: 'e', f: 'g' }, [[NOW, 'many labels']]], /stream has 4 label names; limit 3/],
      ['label_name_bytes', [{ job: 'a', abcdefghi: 'c' }, [[NOW, 'long name']]], /label name too long: 9 bytes; limit 8/],
      ['label_value_bytes', [{ job: 'abcdefghijk' }, [[NOW, 'long value']]], /label value too long: 11 bytes; limit 10/]
    ]
    for (const [limit, stream, words] of bad) {
      const res = await gateway.post(undefined, loki(format, [stream, [{ job: 'other' }, [fine]]]))
      assert.equal(res.status, 400, limit)
      assert.match(res.text, words)
      assert.match(res.text, /workspace shop: 1 of \d items refused/)
      assert.equal(res.headers['retry-after'], undefined)
      assert.doesNotMatch(res.text, /abcdefghi|xxx/, 'no byte of the request')
    }
    const arrived = await recorder.take(bad.length)
    for (const { plain } of arrived) {
      assert.ok(plain.includes('GET /cart'))
      for (const gone of ['xxxx', 'old', 'ahead', 'many labels', 'long name', 'long value']) assert.ok(!plain.includes(gone), gone)
    }
    // Nothing is left: nothing goes on.
    const res = await gateway.post(undefined, loki(format, [[{ job: 'a' }, [[OLD, 'old'], [NOW, 'y'.repeat(50)]]]]))
    assert.equal(res.status, 400)
    assert.match(res.text, /2 of 2 items refused/)
    const m = await gateway.metrics()
    assert.equal(recorder.count(), bad.length)
    for (const [limit] of bad) assert.equal(limited(m, limit), ['line_bytes', 'max_age'].includes(limit) ? 2 : 1, limit)
    assert.equal(metric(m, 'redactd_workspace_items_rejected_total', { workspace_id: 'shop', reason: 'content' }), 8)
    assert.equal(account(m, 'loki_push').delivered, 9)
    assertConserved(m)
  })

  e2e(`OTLP, ${format}: records with times beyond a limit are told by partial success`, async (t) => {
    const { gateway, recorder } = await world(t, withQuota({ max_age: '24h', max_ahead: '10m' }))
    for (const signal of OTLP) {
      const res = await gateway.post(undefined, otlp(signal, format, [['too old', OLD], ['fine', NOW], ['ahead', AHEAD], [`for ${EMAIL}`, NOW], ['gone', OLD]]))
      assert.equal(res.status, 200, res.text)
      const p = partial(res, format)
      assert.equal(p.rejected, 3)
      assert.match(p.message, /^workspace shop: 3 of 5 items refused; .*too old.*max_age: 86400 s; 2 items\); .*too new.*max_ahead: 600 s; 1 items\)$/)
      if (format === 'json') assert.equal(p.word, { logs: 'rejectedLogRecords', traces: 'rejectedSpans', metrics: 'rejectedDataPoints' }[signal])
      const none = await gateway.post(undefined, otlp(signal, format, [['too old', OLD]]))
      assert.equal(none.status, 400, 'nothing is left that could be a success')
    }
    for (const { plain } of await recorder.take(3)) {
      assert.ok(plain.includes('fine'))
      for (const gone of ['too old', 'ahead', 'gone']) assert.ok(!plain.includes(gone), gone)
    }
    const m = await gateway.metrics()
    for (const signal of OTLP) assert.deepEqual([account(m, signal).received, account(m, signal).rejected, account(m, signal).delivered], [6, 4, 2])
    assertConserved(m)
  })

  e2e(`logs, ${format}: of what does not fit the least severe records are dropped, with exact counts`, async (t) => {
    const { gateway, recorder } = await world(t, withQuota({ items_per_day: 5, shed: 'least_severe' }))
    const first = await gateway.post(undefined, otlp('logs', format, [['one', NOW, 1]]))
    assert.equal(first.text.includes('partial'), false)
    const res = await gateway.post(undefined, otlp('logs', format, [['debug-a', NOW, 5], ['error', NOW, 17], ['unsaid', NOW], ['debug-b', NOW, 5], ['info-a', NOW, 9], ['info-b', NOW, 9], ['warn', NOW, 13]]))
    assert.equal(res.status, 200, res.text)
    const p = partial(res, format)
    assert.equal(p.rejected, 3)
    assert.match(p.message, /^workspace shop: 3 of 7 items refused; 3 records of least severity dropped, items_per_day is 5 items, 1 used, request has 7$/)
    const [, { plain }] = await recorder.take(2)
    for (const stays of ['error', 'unsaid', 'info-a', 'warn']) assert.ok(plain.includes(stays), stays)
    for (const gone of ['debug-a', 'debug-b', 'info-b']) assert.ok(!plain.includes(gone), gone)
    const full = await gateway.post(undefined, otlp('logs', format, [['fatal', NOW, 21]]))
    assert.equal(full.status, 429, 'nothing fits any more')
    assert.ok(Number(full.headers['retry-after']) > 0)
    const m = await gateway.metrics()
    assert.equal(limited(m, 'items_per_day'), 3)
    assert.equal(metric(m, 'redactd_workspace_items_rejected_total', { workspace_id: 'shop', reason: 'quota' }), 3, 'the last one was not read')
    assert.deepEqual([account(m, 'logs').received, account(m, 'logs').delivered], [8, 5])
    assertConserved(m)
  })
}

e2e('a backend that fails gets the same again: nothing that was dropped is acknowledged, and no quota is used up', async (t) => {
  const { gateway, recorder } = await world(t, withQuota({ items_per_day: 2, shed: 'least_severe' }))
  await recorder.script({ times: 1, status: 503 })
  const body = otlp('logs', 'json', [['debug', NOW, 5], ['error', NOW, 17], ['warn', NOW, 13]])
  assert.equal((await gateway.post(undefined, body)).status, 503)
  const res = await gateway.post(undefined, body)
  assert.equal(partial(res, 'json').rejected, 1)
  assertConserved(await gateway.metrics())
})

e2e('who did not ask for shedding gets all or nothing, and so do Loki and traces', async (t) => {
  const { gateway, recorder } = await world(t, { config: { workspaces: { anonymous: 'shop', list: [{ name: 'shop', quota: { items_per_day: 2 } }] } } })
  assert.equal((await gateway.post(undefined, otlp('logs', 'json', [['a', NOW], ['b', NOW], ['c', NOW]]))).status, 413)
  const other = await world(t, withQuota({ items_per_day: 2, shed: 'least_severe' }))
  assert.equal((await other.gateway.post(undefined, otlp('traces', 'json', [['a', NOW], ['b', NOW], ['c', NOW]]))).status, 413)
  assert.equal((await other.gateway.post(undefined, loki('json', [[{ job: 'a' }, [[NOW, 'a'], [NOW, 'b'], [NOW, 'c']]]]))).status, 413)
  assert.equal(recorder.count() + other.recorder.count(), 0)
  assertConserved(await gateway.metrics())
  assertConserved(await other.gateway.metrics())
})

e2e('new streams beyond the limit are 429 as a whole; those that are known go on', async (t) => {
  const { gateway } = await world(t, withQuota({ loki_streams: 3 }))
  const push = (format, ...jobs) => gateway.post(undefined, loki(format, jobs.map((job) => [{ job, region: 'eu' }, [[NOW, 'x']]])))
  assert.equal((await push('json', 'a', 'b')).status, 204)
  assert.equal((await push('protobuf', 'b', 'a')).status, 204, 'the same in the other form')
  const res = await push('json', 'a', 'c', 'd')
  assert.equal(res.status, 429)
  assert.ok(Number(res.headers['retry-after']) > 0)
  assert.match(res.text, /workspace shop: loki_streams is 3 streams, 2 used, request has 3/)
  assert.equal((await push('json', 'c')).status, 204, 'what was refused used nothing')
  assert.equal((await push('protobuf', 'd')).status, 429)
  assert.equal((await push('protobuf', 'a', 'b', 'c')).status, 204)
  const never = await push('json', 'a', 'e', 'f', 'g')
  assert.equal(never.status, 413, 'can never fit')
  const m = await gateway.metrics()
  assert.equal(metric(m, 'redactd_workspace_limit_used_ratio', { limit: 'loki_streams' }), 1)
  assert.equal(metric(m, 'redactd_workspace_limited_total', { workspace_id: 'shop', limit: 'loki_streams', mode: 'enforce' }), 3)
  assertConserved(m)
})

e2e('in shadow mode everything arrives and is counted; a workspace has its own', async (t) => {
  const quota = { content: 'loki', mode: 'shadow' }
  const { gateway, recorder } = await world(t, withQuota(quota, { list: [{ name: 'shop' }] }))
  const many = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`l${i}`, 'v']))
  for (const format of ['json', 'protobuf']) {
    assert.equal((await gateway.post(undefined, loki(format, [[many, [[NOW, 'x']]], [{ job: 'a' }, [[`${BigInt(NOW) - 8n * DAY}`, 'old'], [NOW, 'y'.repeat(256 * 1024 + 1)]]]]))).status, 204)
  }
  await recorder.take(2)
  const m = await gateway.metrics()
  for (const limit of ['label_names', 'max_age', 'line_bytes']) assert.equal(limited(m, limit, 'shadow'), 2, limit)
  assert.equal(metric(m, 'redactd_items_rejected_total'), 0)
  assertConserved(m)
})

// What somebody would try who wants to get around a limit, or make the gateway drop what is another's.
e2e('attempts to get around limits', async (t) => {
  const { gateway, recorder } = await world(t, withQuota({ line_bytes: '10B', label_names: 2, max_age: '24h', items_per_day: 1000 }))
  const push = (body) => gateway.post(undefined, { path: PATHS.loki_push, headers: { 'Content-Type': TYPES.json }, body })
  const long = 'z'.repeat(11)
  const attempts = [
    [`{"streams":[{"stream":{"a":"b"},"values":[["${NOW}","${[...long].map(() => '\\u007a').join('')}"]]}]}`, 'an escaped line'],
    [`{"streams":[{"labels":"{a=\\"b\\"}","entries":[{"ts":"2020-01-01T00:00:00Z","line":"x"}]}]}`, 'the old form'],
    [`{"streams":[{"labels":"{a=\\"b\\"}","entries":[{"ts":"2020-01-01T00:00:00Z","ts":"${new Date().toISOString()}","line":"x"}]}]}`, 'two times'],
    [`{"streams":[{"labels":"{a=\\"b\\"}","entries":[{"line":"x"}]}]}`, 'no time'],
    [`{"streams":[{"labels":"{a=\\"b\\", c=\\"d\\", e=\\"f\\"}","entries":[{"ts":"${new Date().toISOString()}","line":"x"}]}]}`, 'label text in the old form'],
    [`{"Streams":[{"entries":[{"ts":"${new Date().toISOString()}","LINE":"${long}"}],"Labels":"{a=\\"b\\"}"}]}`, 'other case'],
    [`{"streams":[{"values":[["${NOW}","x"]],"stream":{"\\u0061":"b","c":"d","e":"f"}}]}`, 'labels last and escaped'],
    [`{"streams":[{"stream":{"a":"b"},"values":[["-9223372036854775808","x"]]}]}`, 'the least time there is'],
    [`{"streams":[{"stream":{"a":"b"},"values":[["00000000000000000001","x"]]}]}`, 'zeros in front']
  ]
  for (const [body, what] of attempts) {
    const res = await push(body)
    assert.equal(res.status, 400, `${what}: ${res.text}`)
    assert.match(res.text, /1 of 1 items refused/, what)
  }
  const otlpAttempts = [
    [{ timeUnixNano: 1e18 }, 'a number'], [{ time_unix_nano: '1000000000000000000' }, 'snake case'], [{ observedTimeUnixNano: '1000000000000000000' }, 'observed time alone'],
    [{ timeUnixNano: '0', observedTimeUnixNano: '1000000000000000000' }, 'no time, observed time']
  ]
  for (const [record, what] of otlpAttempts) {
    const res = await gateway.post(undefined, { path: PATHS.logs, headers: { 'Content-Type': TYPES.json }, body: JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] }) })
    assert.equal(res.status, 400, `${what}: ${res.text}`)
  }
  const twice = await gateway.post(undefined, { path: PATHS.logs, headers: { 'Content-Type': TYPES.protobuf }, body: len(1, len(2, len(2, fixed64(1, 10n ** 18n), fixed64(1, NOW), len(5, len(1, 'x'))))) })
  assert.equal(twice.status, 400, 'two times in protobuf')
  assert.equal(recorder.count(), 0)
  assertConserved(await gateway.metrics())
})

// ---- real senders ----

function sdkLogs () {
  const exporter = new InMemoryLogRecordExporter()
  const logger = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }).getLogger('shed')
  for (const [body, severityNumber] of [['trace line', SeverityNumber.TRACE], ['error line', SeverityNumber.ERROR], ['info line', SeverityNumber.INFO], ['debug line', SeverityNumber.DEBUG4]]) logger.emit({ body, severityNumber })
  return exporter.getFinishedLogRecords()
}

for (const [format, Exporter] of [['json', LogsJson], ['protobuf', LogsProtobuf]]) {
  e2e(`OpenTelemetry JS, ${format}: the SDK takes a partial success as such and sends nothing twice`, async (t) => {
    const { gateway, recorder } = await world(t, withQuota({ items_per_day: 2, shed: 'least_severe' }))
    complaints.length = 0
    const exporter = new Exporter({ url: `${gateway.url}/v1/logs`, timeoutMillis: 10000 })
    const result = await new Promise((resolve) => exporter.export(sdkLogs(), resolve))
    await exporter.shutdown()
    assert.deepEqual(result, { code: 0 })
    const [warning] = complaints.filter((c) => c.includes('Partial Success'))
    assert.ok(warning, `the SDK saw it: ${complaints}`)
    const [{ plain }] = await recorder.take(1)
    for (const stays of ['error line', 'info line']) assert.ok(plain.includes(stays), stays)
    for (const gone of ['trace line', 'debug line']) assert.ok(!plain.includes(gone), gone)
    assertConserved(await gateway.metrics())
  })
}

e2e('real senders do not notice limits that they keep', async (t) => {
  const { gateway, recorder } = await world(t, withQuota({ content: 'loki', shed: 'least_severe', items_per_second: 1000 }))
  let n = 0
  for (const signal of OTLP) {
    for (const format of ['json', 'protobuf']) {
      assert.deepEqual(await send(signal, format, { url: gateway.url }), { code: 0 })
      n++
    }
  }
  if (Number(process.versions.node.split('.')[0]) >= 20) assert.deepEqual(await sendPino(gateway.url), [], ++n)
  for (const json of [true, false]) assert.deepEqual(await sendWinston(gateway.url, { json }), [], ++n)
  await recorder.take(n)
  const m = await gateway.metrics()
  assert.equal(metric(m, 'redactd_items_rejected_total'), 0)
  assertConserved(m)
})

e2e('a Loki client whose lines are too long is told so and does not try for ever', async (t) => {
  const { gateway, recorder } = await world(t, withQuota({ line_bytes: '50B' }))
  await sendWinston(gateway.url, { json: true })
  const m = await gateway.metrics()
  assert.equal(metric(m, 'redactd_requests_received_total', { signal: 'loki_push' }), 1, 'one request, no repetition')
  assert.ok(limited(m, 'line_bytes') > 0)
  for (const { plain } of await recorder.take(1)) assert.ok(!plain.includes('quoted'))
  assertConserved(m)
})
