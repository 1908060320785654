// SPDX-License-Identifier: MIT
// The OpenTelemetry JavaScript SDK as a sender: telemetry is made once by the real SDK, then given to any number of
// real exporters, so that what two of them send can be compared.
import { diag, DiagLogLevel, SpanKind, SpanStatusCode, trace, context, TraceFlags } from '@opentelemetry/api'
import { SeverityNumber } from '@opentelemetry/api-logs'
import { OTLPLogExporter as LogsJson } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as LogsProtobuf } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPMetricExporter as MetricsJson } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as MetricsProtobuf } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter as TracesJson } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as TracesProtobuf } from '@opentelemetry/exporter-trace-otlp-proto'
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { newWord } from './retrying.mjs'
import { sleep } from './process.mjs'
import { BY_KEY, EMAIL } from './secrets.mjs'

const EXPORTERS = {
  logs: { json: LogsJson, protobuf: LogsProtobuf },
  traces: { json: TracesJson, protobuf: TracesProtobuf },
  metrics: { json: MetricsJson, protobuf: MetricsProtobuf }
}

// What the SDK complains about, retries included.
export const complaints = []
const complain = (...words) => complaints.push(words.map(String).join(' '))
diag.setLogger({ error: complain, warn: complain, info () {}, debug () {}, verbose () {} }, DiagLogLevel.WARN)

const resource = resourceFromAttributes({ 'service.name': 'shop', 'service.owner': EMAIL })
const attributes = { ...BY_KEY, note: `write to ${EMAIL}!`, unicode: 'größe ☃ 𝄞', count: 42, ratio: 0.25, ok: true, list: ['a', EMAIL, 'c'] }

async function makeLogs () {
  const exporter = new InMemoryLogRecordExporter()
  const logger = new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter })] }).getLogger('checkout', '1.2.3')
  const spanContext = { traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', traceFlags: TraceFlags.SAMPLED }
  const inSpan = trace.setSpanContext(context.active(), spanContext)
  logger.emit({ severityNumber: SeverityNumber.INFO, severityText: 'INFO', body: `order of ${EMAIL} paid`, attributes, context: inSpan })
  logger.emit({ severityNumber: SeverityNumber.ERROR, body: { text: `to ${EMAIL}`, user_id: BY_KEY.user_id, deep: { list: [1, EMAIL, { token: BY_KEY.token }] } }, eventName: 'order.paid' })
  logger.emit({ body: 'nothing to hide', attributes: { bytes: new Uint8Array(Buffer.from('plain bytes')) } })
  return exporter.getFinishedLogRecords()
}

async function makeTraces () {
  const exporter = new InMemorySpanExporter()
  const tracer = new TracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor({ exporter })] }).getTracer('checkout', '1.2.3')
  const parent = tracer.startSpan(`GET /users/${EMAIL}/orders`, { kind: SpanKind.SERVER, attributes })
  const link = { context: parent.spanContext(), attributes: { why: `retry for ${EMAIL}`, request_id: BY_KEY.requestId } }
  const child = tracer.startSpan('SELECT', { links: [link] }, trace.setSpan(context.active(), parent))
  child.addEvent('query', { sql: `select * from u where mail = '${EMAIL}'`, session_id: BY_KEY['Session-ID'] })
  child.recordException(new Error(`no such user: ${EMAIL}`))
  child.setStatus({ code: SpanStatusCode.ERROR, message: `failed for ${EMAIL}` })
  child.end()
  parent.end()
  return exporter.getFinishedSpans()
}

async function makeMetrics () {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3600000 })
  const meter = new MeterProvider({ resource, readers: [reader] }).getMeter('checkout', '1.2.3')
  meter.createCounter('logins', { description: `ask ${EMAIL}`, unit: '1' }).add(3, attributes)
  meter.createUpDownCounter('open').add(-2, { 'client.ip': BY_KEY['client.ip'] })
  meter.createHistogram('latency').record(12.5, { route: `/u/${EMAIL}` })
  meter.createGauge('load').record(0.75, { user_id: BY_KEY.user_id, host: 'h1' })
  await reader.forceFlush()
  return exporter.getMetrics().at(-1)
}

const made = {}
export async function telemetry (signal) {
  made[signal] ??= await { logs: makeLogs, traces: makeTraces, metrics: makeMetrics }[signal]()
  return made[signal]
}

// Sends with a real exporter; resolves to {code: 0 success | 1 failed, error}.
export async function send (signal, format, { url, gzip = false, headers = {} }) {
  const exporter = new EXPORTERS[signal][format]({
    url: `${url}/v1/${signal}`, compression: gzip ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE, timeoutMillis: 10000, headers
  })
  const items = await telemetry(signal)
  const result = await new Promise((resolve) => exporter.export(items, resolve))
  await exporter.shutdown()
  return result
}

// Telemetry of the SDK with one word in it.
const small = {
  async logs (word) {
    const exporter = new InMemoryLogRecordExporter()
    new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter })] }).getLogger('outage').emit({ body: `${word} of ${EMAIL}` })
    return exporter.getFinishedLogRecords()
  },
  async traces (word) {
    const exporter = new InMemorySpanExporter()
    new TracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor({ exporter })] }).getTracer('outage').startSpan(`${word} of ${EMAIL}`).end()
    return exporter.getFinishedSpans()
  },
  async metrics (word) {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3600000 })
    new MeterProvider({ resource, readers: [reader] }).getMeter('outage').createCounter('n').add(1, { word, mail: EMAIL })
    await reader.forceFlush()
    return exporter.getMetrics().at(-1)
  }
}

// A failure after which the exporter itself would have tried again, had it had tries left.
const isRetryable = ({ message, code }) => message === 'Export failed with retryable status' || message === 'Request timed out' ||
  ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT'].includes(code)

// A real exporter that is given one word after the other. It retries five times by itself; then, as nothing in the SDK
// keeps the batch, we hand it in again. `permanent`: what it says must not be tried again.
export class SdkSender {
  constructor (signal, format, url, { pauseMs = 20, timeoutMillis = 10000 } = {}) {
    this.signal = signal
    this.exporter = new EXPORTERS[signal][format]({ url: `${url}/v1/${signal}`, timeoutMillis })
    this.records = new Map() // as in retrying.mjs; an attempt is an export
    this.permanent = []
    this.gaveUp = 0
    this.going = true
    this.done = this.loop(pauseMs)
  }

  async loop (pauseMs) {
    while (this.going) {
      await this.deliver(newWord())
      await sleep(pauseMs)
    }
  }

  async deliver (word) {
    // Each export is up to six requests of which we see only the end, so that each may have left six copies.
    const record = { attempts: 0, unanswered: 5, refused: [], acknowledged: false }
    this.records.set(word, record)
    const items = await small[this.signal](word)
    while (!record.acknowledged) {
      record.attempts++
      const { code, error } = await new Promise((resolve) => this.exporter.export(items, resolve))
      record.acknowledged = code === 0
      if (code === 0) return
      record.unanswered += 6
      this.gaveUp++
      if (isRetryable(error)) continue
      this.permanent.push({ word, error: `${error.code} ${error.message}` })
      return
    }
  }

  async stop () {
    this.going = false
    await this.done
    await this.exporter.shutdown()
    return this
  }
}
