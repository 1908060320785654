// SPDX-License-Identifier: MIT
// Real senders, unchanged: no error and no retry at the client, everything arrives, redacted, and all else as it was.
// What a sender sends straight to a backend is the measure.
import test from 'node:test'
import assert from 'node:assert/strict'
import { redact } from './lib/expect.mjs'
import { complaints, send } from './lib/otel.mjs'
import { sendPino, sendWinston } from './lib/loki-clients.mjs'
import { metric } from './lib/metrics.mjs'
import { OTLP } from './lib/samples.mjs'
import { Recorder } from './lib/recorder.mjs'
import { e2e, world } from './lib/world.mjs'

async function straight (t, sender) {
  const recorder = await Recorder.start(t, { anyLabelOrder: true })
  await sender(recorder.url)
  const requests = await recorder.take(1)
  assert.equal(requests[0].error, null, 'the sender itself is correct')
  return requests[0]
}

async function compare (t, sender) {
  const before = await straight(t, sender)
  const { recorder, gateway } = await world(t)
  await sender(gateway.url)
  const [after] = await recorder.take(1)
  assert.equal(after.target, before.target)
  assert.equal(after.header('content-type'), before.header('content-type'))
  assert.deepEqual(after.decoded, redact(before.decoded))
  const all = await gateway.metrics()
  assert.ok(metric(all, 'redactd_items_delivered_total') > 0)
  assert.equal(metric(all, 'redactd_items_rejected_total'), 0)
}

for (const signal of OTLP) {
  for (const format of ['json', 'protobuf']) {
    for (const gzip of [false, true]) {
      e2e(`OpenTelemetry JS: ${signal}, ${format}, ${gzip ? 'gzip' : 'plain'}`, async (t) => {
        complaints.length = 0
        await compare(t, async (url) => assert.deepEqual(await send(signal, format, { url, gzip }), { code: 0 }))
        assert.deepEqual(complaints, [])
      })
    }
  }
}

const tooOldForPino = Number(process.versions.node.split('.')[0]) < 20 && 'pino-loki needs Node 20'
e2e('pino-loki', { skip: tooOldForPino }, (t) => compare(t, async (url) => assert.deepEqual(await sendPino(url), [])))

for (const json of [true, false]) {
  e2e(`winston-loki: ${json ? 'json' : 'protobuf'}`, (t) =>
    compare(t, async (url) => assert.deepEqual(await sendWinston(url, { json }), [])))
}

// The tests' own measure: each sender reaches a strict backend without the gateway.
for (const signal of OTLP) {
  for (const format of ['json', 'protobuf']) {
    test(`without the gateway: ${signal}, ${format}`, { timeout: 30000 }, async (t) => {
      const { decoded } = await straight(t, async (url) => assert.deepEqual(await send(signal, format, { url, gzip: true }), { code: 0 }))
      assert.notDeepEqual(redact(decoded), decoded, 'there is something to redact')
    })
  }
}
test('without the gateway: pino-loki', { timeout: 30000, skip: tooOldForPino }, (t) => straight(t, async (url) => assert.deepEqual(await sendPino(url), [])))
for (const json of [true, false]) {
  test(`without the gateway: winston-loki, ${json ? 'json' : 'protobuf'}`, { timeout: 30000 }, (t) =>
    straight(t, async (url) => assert.deepEqual(await sendWinston(url, { json }), [])))
}
