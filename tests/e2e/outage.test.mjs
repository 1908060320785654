// SPDX-License-Identifier: MIT
// Real senders through an outage of the backend: nothing is lost from end to end, and no sender is ever told to give up.
//   REDACTD_OUTAGE_S=60    how long the backend is away
import assert from 'node:assert/strict'
import { FaultProxy } from './lib/faults.mjs'
import { Gateway, configTo } from './lib/gateway.mjs'
import { complaints, SdkSender } from './lib/otel.mjs'
import { sleep } from './lib/process.mjs'
import { Recorder } from './lib/recorder.mjs'
import { Retrying, audit, summary } from './lib/retrying.mjs'
import { OTLP } from './lib/samples.mjs'
import { e2e } from './lib/world.mjs'

const OUTAGE_S = Number(process.env.REDACTD_OUTAGE_S ?? 5)
const DOWN = { 'refuses connections': { listen: 'off' }, hangs: { on_accept: 'hang' }, 'says 500': { answer: 'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n' } }

for (const [name, plan] of Object.entries(DOWN)) {
  e2e(`${OUTAGE_S} s in which the backend ${name}: real senders lose nothing`, { timeoutMs: 150000 + OUTAGE_S * 3000 }, async (t) => {
    complaints.length = 0
    const recorder = await Recorder.start(t, { lines: true })
    const proxy = await FaultProxy.start(t, { backend: recorder.port })
    const [gate] = proxy.gates
    const gateway = await Gateway.start(t, { config: configTo({ endpoints: [gate.url], first_byte_timeout: '3s', total_timeout: '4s' }) })
    const sdks = OTLP.flatMap((signal) => ['protobuf', 'json'].map((format) => new SdkSender(signal, format, gateway.url, { timeoutMillis: 90000 })))
    // As Promtail does; and two that follow OTLP's words, Retry-After included.
    const own = [new Retrying(gateway.port, { kind: 'Loki', senders: 4, pauseMs: 100 }),
      ...['OTLP protobuf', 'OTLP JSON'].map((kind) => new Retrying(gateway.port, { kind, senders: 2, pauseMs: 50, minMs: 1000, maxMs: 30000 }))]
    const all = [...sdks, ...own]
    await sleep(1000)
    await gate.plan(plan)
    await sleep(OUTAGE_S * 1000)
    const during = summary(own)
    await gate.plan()
    await sleep(2000)
    await Promise.all(all.map((s) => s.stop()))
    const text = recorder.lines()
    const found = audit(all, text)
    t.diagnostic(JSON.stringify({ sdk: summary(sdks), 'exporters that had no tries left': sdks.reduce((n, s) => n + s.gaveUp, 0), own: summary(own), copies: found.extra }))
    assert.ok(during.refused + during.unanswered > 5, 'there was an outage')
    assert.deepEqual({ ...found, extra: 0 }, { lost: [], strangers: [], unexplained: [], extra: 0 })
    assert.deepEqual(all.flatMap((s) => s.permanent), [], 'nobody was told to give up')
    assert.ok(all.every((s) => [...s.records.values()].every((r) => r.acknowledged)), 'all was taken in the end')
    assert.deepEqual([summary(own).unanswered, complaints.filter((c) => /partial/i.test(c))], [0, []], 'every request had an answer')
    assert.ok(!/leakword/i.test(text), 'nothing unredacted is at the backend')
    assert.ok(!/"error":"/.test(text), 'a strict backend refuses nothing')
    gate.check()
  })
}
