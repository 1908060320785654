// SPDX-License-Identifier: MIT
// Wire vectors, each a trap for a redactor that reads protobuf in another way than some backend does. Whatever the
// gateway makes of one, the word never comes out.
import assert from 'node:assert/strict'
import { hex } from './lib/pb.mjs'
import { PATHS, TYPES } from './lib/samples.mjs'
import { findSecrets } from './lib/secrets.mjs'
import { e2e, world } from './lib/world.mjs'

const WORD = 'a@b.co'

// `status`: what the answer must be, where the protocols leave no choice.
const VECTORS = [
  { name: 'V1 body and attribute', status: 200, hex: '0a510a150a130a0c736572766963652e6e616d6512030a017312380a050a036c6962122f0900eb3af5faeb6f1510091a04494e464f2a0d0a0b6d61696c206140622e636f320d0a016b12080a066140622e636f' },
  { name: 'V2 value of a pair twice', hex: '0a1e121c121a2a040a026f6b32120a016b12030a017812080a066140622e636f' },
  { name: 'V3 array twice in one value', hex: '0a19121712152a132a0a0a080a066140622e636f2a050a030a017a' },
  { name: 'V4 body twice', hex: '0a131211120f2a080a066140622e636f2a030a017a' },
  { name: 'V5 removed field 1000', hex: '0a0fc23e0c120a2a080a066140622e636f' },
  { name: 'V6 removed field 4 of a record', hex: '0a0c120a120822066140622e636f' },
  { name: 'V7 bytes that are text', status: 200, hex: '0a0e120c120a2a083a066140622e636f' },
  { name: 'V8 length that is not minimal', hex: '0a10120e120c2a0a0a8680006140622e636f' },
  { name: 'V9 unknown group', hex: '0a14121212102a040a026f6b7b0a066140622e636f7c', tolerated: 'broken protobuf' }, // protobuf-c knows no groups
  { name: 'V10 length overflow', status: 400, hex: '0affffffffffffffffff01' },
  { name: 'V11 Loki line and metadata', status: 204, signal: 'loki_push', anyLabelOrder: true, hex: '3dec0a3b0a127b6a6f623d2278222c206170703d2279227d12250a0608be9183ed05120b66697a7a206140622e636f1a0e0a047573657212066140622e63006f' },
  { name: 'V14 snappy that lies', status: 413, or: 400, signal: 'loki_push', hex: 'ffffffff0f00' },
  { name: 'V14 snappy of no protobuf', status: 400, signal: 'loki_push', hex: '051068656c6c6f' }
]

for (const v of VECTORS) {
  e2e(v.name, async (t) => {
    const { gateway, recorder } = await world(t, { recorder: { anyLabelOrder: v.anyLabelOrder } })
    recorder.tolerated = [v.tolerated]
    const res = await gateway.post(PATHS[v.signal ?? 'logs'], { headers: { 'Content-Type': TYPES.protobuf }, body: hex(v.hex) })
    if (v.status) assert.ok([v.status, v.or].includes(res.status), `${res.status} ${res.text}`)
    assert.ok(res.status < 500, res.text)
    if (!v.tolerated) assert.equal(recorder.count(), res.status < 300 ? 1 : 0, 'refused requests stay here, others arrive')
    for (const part of ['head', 'body', 'plain']) {
      for (const r of recorder.requests()) assert.deepEqual(findSecrets(r[part], [WORD]), [], part)
    }
    assert.deepEqual(findSecrets(res.body, [WORD]), [], 'the answer')
    assert.deepEqual(findSecrets(gateway.child.stderr, [WORD]), [], 'the log')
  })
}

// The same word in the spellings of JSON; each must be taken and redacted.
const JSON_TEXTS = {
  'escaped letter': '"body":{"stringValue":"mail a\\u0040b.co"}',
  'every letter escaped': '"body":{"stringValue":"\\u0061\\u0040\\u0062\\u002e\\u0063\\u006f"}',
  'snake case': '"body":{"string_value":"mail a@b.co"}',
  'unknown member': '"future":{"deep":["mail a@b.co"]}',
  'unknown member name': '"future":{"a@b.co":1}',
  'both spellings of a member': '"body":{"stringValue":"x"},"body":{"string_value":"a@b.co"}',
  'base64 bytes': '"body":{"bytesValue":"bWFpbCBhQGIuY28="}',
  'attribute key': '"attributes":[{"key":"a@b.co","value":{"intValue":"1"}}]',
  'value before key': '"attributes":[{"value":{"stringValue":"a@b.co"},"key":"k"}]',
  'deep list': '"body":{"arrayValue":{"values":[{"kvlistValue":{"values":[{"key":"k","value":{"stringValue":"a@b.co"}}]}}]}}'
}
for (const [name, member] of Object.entries(JSON_TEXTS)) {
  e2e(`JSON: ${name}`, async (t) => {
    const { gateway, recorder } = await world(t)
    const body = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{${member}}]}]}]}`
    const res = await gateway.post(PATHS.logs, { headers: { 'Content-Type': TYPES.json }, body })
    assert.equal(res.status, 200, res.text)
    const [request] = await recorder.take(1)
    assert.deepEqual(findSecrets(request.plain, [WORD]), [])
  })
}

const LOKI_TEXTS = {
  'label value': '{"streams":[{"stream":{"job":"a@b.co"},"values":[["1","x"]]}]}',
  'escaped label value': '{"streams":[{"stream":{"job":"a\\u0040b.co"},"values":[["1","x"]]}]}',
  'line': '{"streams":[{"stream":{"job":"x"},"values":[["1","mail a@b.co"]]}]}',
  'line that is JSON': '{"streams":[{"stream":{"job":"x"},"values":[["1","{\\"m\\":\\"a\\\\u0040b.co a@b.co\\"}"]]}]}',
  'metadata': '{"streams":[{"stream":{"job":"x"},"values":[["1","x",{"k":"a@b.co"}]]}]}'
}
for (const [name, body] of Object.entries(LOKI_TEXTS)) {
  e2e(`Loki JSON: ${name}`, async (t) => {
    const { gateway, recorder } = await world(t)
    const res = await gateway.post(PATHS.loki_push, { headers: { 'Content-Type': TYPES.json }, body })
    assert.equal(res.status, 204, res.text)
    const [request] = await recorder.take(1)
    const word = name === 'line that is JSON' ? [] : findSecrets(request.plain, [WORD])
    assert.deepEqual(word, [])
    assert.ok(!request.plain.includes(WORD))
  })
}

e2e('Loki JSON: what could inject a label or hide text is refused', async (t) => {
  const { gateway, recorder } = await world(t)
  const bodies = [
    '{"streams":[{"stream":{"foo=\\"x\\", bar":"y"},"values":[["1","x"]]}]}',
    '{"streams":[{"stream":{"job":"x"},"values":[[1,"x"]]}]}',
    '{"streams":[{"stream":{"job":"x"},"values":[["1","x",{"k":1}]]}]}',
    '{"streams":[{"stream":{"job":"x"},"values":[["1","x"]]}]} a@b.co'
  ]
  for (const body of bodies) {
    const res = await gateway.post(PATHS.loki_push, { headers: { 'Content-Type': TYPES.json }, body })
    assert.equal(res.status, 400, body)
    assert.deepEqual(findSecrets(res.body, [WORD]), [])
  }
  assert.equal(recorder.count(), 0)
})
