// SPDX-License-Identifier: MIT
// A stream that has as many labels as a Loki takes: labels that may give way arrive as structured metadata.
import assert from 'node:assert/strict'
import snappy from 'snappy'
import { e2e, world } from './lib/world.mjs'
import { assertConserved, metric } from './lib/metrics.mjs'
import { int, len } from './lib/pb.mjs'
import { NOW, PATHS, TYPES } from './lib/samples.mjs'
import { BY_KEY, EMAIL } from './lib/secrets.mjs'

const config = { workspaces: { anonymous: 'shop', label: 'workspace_id', loki_max_labels: 4, loki_movable_labels: ['pod', 'contact', 'session_id'] } }
const LABELS = { app: 'cart', contact: EMAIL, job: 'shop', pod: 'cart-7', session_id: BY_KEY['Session-ID'], zone: 'b' }
const VALUES = [[NOW, `GET /cart for ${EMAIL}`], [NOW, 'plain', {}], [NOW, 'more', { user_id: BY_KEY.user_id, plain: 'stays' }]]

const text = (labels) => `{${Object.entries(labels).map(([k, v]) => `${k}="${v}"`).join(', ')}}`
const entry = ([time, line, metadata = {}]) => len(2, len(1, int(1, BigInt(time) / 1000000000n)), len(2, line), ...Object.entries(metadata).map(([k, v]) => len(3, len(1, k), len(2, v))))
const bodies = {
  json: (labels, values) => JSON.stringify({ streams: [{ stream: labels, values }] }),
  protobuf: (labels, values) => snappy.compressSync(len(1, len(1, text(labels)), ...values.map(entry)))
}
const push = (gateway, format, labels, values) => gateway.post(undefined, { path: PATHS.loki_push, headers: { 'Content-Type': TYPES[format] }, body: bodies[format](labels, values) })

e2e('JSON: labels that give way become metadata of every entry, redacted', async (t) => {
  const { gateway, recorder } = await world(t, { config })
  const res = await push(gateway, 'json', LABELS, VALUES)
  assert.equal(res.status, 204, res.text)
  const [{ plain }] = await recorder.take(1)
  // `session_id` is dropped by its name, so two of the five that are left have to go.
  const { streams: [{ stream, values }] } = JSON.parse(plain)
  assert.deepEqual(stream, { workspace_id: 'shop', app: 'cart', job: 'shop', zone: 'b' })
  const moved = { pod: 'cart-7', contact: values[0][2].contact }
  assert.match(moved.contact, /^.\*\*\*@|^\*\*\*$/)
  assert.deepEqual(values.map(([, line, metadata]) => [line.replace(/for .*/, ''), metadata]), [['GET /cart ', moved], ['plain', moved], ['more', { ...moved, user_id: '***', plain: 'stays' }]])
  assertConserved(await gateway.metrics())
})

e2e('protobuf: the same labels give way', async (t) => {
  const { gateway, recorder } = await world(t, { config })
  const res = await push(gateway, 'protobuf', LABELS, VALUES)
  assert.equal(res.status, 204, res.text)
  const [{ plain }] = await recorder.take(1)
  const bytes = plain.toString()
  assert.ok(bytes.includes('{app="cart", job="shop", workspace_id="shop", zone="b"}'), bytes)
  assert.equal(bytes.split('cart-7').length - 1, VALUES.length)
  assert.equal(bytes.split('session_id').length - 1, 0)
  assertConserved(await gateway.metrics())
})

for (const format of ['json', 'protobuf']) {
  e2e(`${format}: where nothing may move the push is refused`, async (t) => {
    const { gateway, recorder } = await world(t, { config })
    const fine = { app: 'cart', job: 'shop', pod: 'cart-7', zone: 'b' }
    assert.equal((await push(gateway, format, fine, VALUES)).status, 204)
    // Two values under one name: a backend would show one of them.
    const refused = await push(gateway, format, fine, [[NOW, 'x', { pod: 'other' }]])
    assert.equal(refused.status, 400)
    assert.match(refused.text, /no room for the labels of its workspace/)
    assert.equal((await push(gateway, format, { a: '1', b: '2', c: '3', d: '4' }, VALUES)).status, 400)
    await recorder.take(1)
    const m = await gateway.metrics()
    assert.equal(metric(m, 'redactd_requests_rejected_total', { signal: 'loki_push', reason: 'refused' }), 2)
    assertConserved(m)
  })
}

e2e('the old JSON form has no metadata: it is refused', async (t) => {
  const { gateway, recorder } = await world(t, { config })
  const body = (labels) => JSON.stringify({ streams: [{ labels: text(labels), entries: [{ ts: '2026-11-25T17:00:00Z', line: 'x' }] }] })
  const post = (labels) => gateway.post(undefined, { path: PATHS.loki_push, headers: { 'Content-Type': TYPES.json }, body: body(labels) })
  assert.equal((await post({ app: 'cart', pod: 'a', zone: 'b' })).status, 204)
  const res = await post({ app: 'cart', job: 'shop', pod: 'a', zone: 'b' })
  assert.equal(res.status, 400)
  assert.match(res.text, /no room for the labels of its workspace/)
  assert.equal((await recorder.take(1)).length, 1)
  assertConserved(await gateway.metrics())
})
