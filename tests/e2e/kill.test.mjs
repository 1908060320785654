// SPDX-License-Identifier: MIT
// kill -9 and SIGTERM at random moments under the load of senders that try again: every record that was acknowledged
// is at the backend, none unredacted, and every copy is explained by an attempt whose answer never came.
//   REDACTD_KILLS=300 REDACTD_TERMS=100    rounds
//   REDACTD_SEED=7                         of the moments
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { Gateway } from './lib/gateway.mjs'
import { freePort, sleep, tempDir } from './lib/process.mjs'
import { Recorder } from './lib/recorder.mjs'
import { KINDS, Retrying, audit, summary } from './lib/retrying.mjs'
import { logRequest } from './lib/samples.mjs'
import { storedLines, storedText } from './lib/store.mjs'
import { e2e } from './lib/world.mjs'
import { SdkSender } from './lib/otel.mjs'

const ROUNDS = { SIGKILL: Number(process.env.REDACTD_KILLS ?? 8), SIGTERM: Number(process.env.REDACTD_TERMS ?? 4) }
const SEED = Number(process.env.REDACTD_SEED ?? Date.now() % 100000)
// What a round may take at most: to start on a busy machine, to be killed, to answer what is under way.
const timeoutMs = (signal) => 120000 + ROUNDS[signal] * 8000

// mulberry32: the moments of a run can be had again.
function random (seed) {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let x = Math.imul(a ^ (a >>> 15), 1 | a)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296
  }
}

const BACKENDS = {
  'an HTTP backend': async (t) => {
    const recorder = await Recorder.start(t, { lines: true })
    const stored = () => recorder.lines()
    return { upstream: { endpoints: [recorder.url] }, stored, check: () => assert.ok(!/"error":"/.test(stored()), 'a strict backend refuses nothing') }
  },
  'the embedded store': async () => {
    const data = join(tempDir(), 'data')
    // The last start has cut what the last kill tore: every line is whole.
    const check = () => ['logs', 'traces', 'metrics', 'loki_push'].forEach((signal) => storedLines(data, signal))
    return { upstream: { store: data, store_segment: '256KiB' }, stored: () => storedText(data), check }
  }
}

async function rounds (t, { signal, upstream, ports, next }) {
  for (let round = 0; round < ROUNDS[signal]; round++) {
    const gateway = await Gateway.start(t, { upstream, ...ports, checks: signal === 'SIGTERM' })
    await sleep(next() * 300)
    if (signal === 'SIGTERM') {
      gateway.finished = true // by us, under load
      assert.deepEqual(await gateway.child.end('SIGTERM', 40000), { code: 0, signal: null }, `round ${round}\n${gateway.child.stderr}`)
    } else {
      gateway.signal('SIGKILL')
      await gateway.child.ended
    }
  }
}

for (const [name, start] of Object.entries(BACKENDS)) {
  for (const signal of Object.keys(ROUNDS)) {
    e2e(`${signal} at ${ROUNDS[signal]} random moments before ${name}`, { timeoutMs: timeoutMs(signal) }, async (t) => {
      const next = random(SEED)
      const { upstream, stored, check } = await start(t)
      const ports = { port: await freePort(), adminPort: await freePort() }
      const senders = Object.keys(KINDS).map((kind) => new Retrying(ports.port, { kind, senders: 3, minMs: 10, maxMs: 100, tries: Infinity, pauseMs: 2 }))
      const sdks = [['logs', 'protobuf'], ['traces', 'json'], ['metrics', 'protobuf']].map(([s, format]) => new SdkSender(s, format, `http://127.0.0.1:${ports.port}`))
      const all = [...senders, ...sdks]
      await rounds(t, { signal, upstream, ports, next })
      const last = await Gateway.start(t, { upstream, ...ports })
      await Promise.all(all.map((s) => s.stop()))
      assert.equal((await last.post(undefined, logRequest('after all'))).status, 200)
      const text = stored()
      const found = audit(all, text)
      t.diagnostic(`seed ${SEED}: ${JSON.stringify({ own: summary(senders), sdk: summary(sdks), copies: found.extra })}`)
      assert.deepEqual({ ...found, extra: 0 }, { lost: [], strangers: [], unexplained: [], extra: 0 })
      assert.equal(all.filter((s) => [...s.records.values()].some((r) => !r.acknowledged)).length, 0, 'all was acknowledged in the end')
      assert.deepEqual(all.flatMap((s) => s.permanent), [])
      assert.ok(summary(senders).records > 5 * ROUNDS[signal], 'the test was busy')
      assert.ok(!/leakword/i.test(text), 'nothing unredacted is at the backend')
      check()
    })
  }
}
