// SPDX-License-Identifier: MIT
// A backend comes back to a crowd of senders that have no patience: traffic flows again soon, and until it has found its
// feet it gets no more at a time than the probes, then what doubles with each round of the limit. Recorded at the
// backend's door.
import assert from 'node:assert/strict'
import { FaultProxy } from './lib/faults.mjs'
import { Gateway, configTo } from './lib/gateway.mjs'
import { exchange } from './lib/http.mjs'
import { Nginx } from './lib/nginx.mjs'
import { sleep, until } from './lib/process.mjs'
import { Recorder } from './lib/recorder.mjs'
import { logRequest } from './lib/samples.mjs'
import { e2e } from './lib/world.mjs'

const OUTAGE_MS = 4000
const PROBES = 3 // the default
const ROUND_MS = 100 // of the limit, at least
const BACK_MS = 2000
const SLACK_MS = process.env.REDACTD_SANITIZED ? 4000 : 1500 // of a busy machine
const CALL_MS = { delay_ms: 30 } // so that calls overlap

const OUTAGES = {
  'refused connections': { begin: (w) => w.gate.plan({ listen: 'off' }), end: (w) => w.gate.plan(CALL_MS) },
  hung: { begin: (w) => w.gate.plan({ on_accept: 'hang' }), end: (w) => w.gate.plan(CALL_MS) },
  'said 500': { begin: (w) => w.gate.plan({ answer: 'HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n' }), end: (w) => w.gate.plan(CALL_MS) },
  'was a stopped nginx': { nginx: true, begin: (w) => w.nginx.stop(), end: (w) => w.nginx.run() },
  // What it had not read when it was paused, it passes on first, though nobody waits for that any more.
  'was a paused nginx': { nginx: true, queues: true, begin: (w) => w.nginx.signal('SIGSTOP'), end: (w) => w.nginx.signal('SIGCONT') }
}

// 60 senders that come again at once, whatever they are told.
function crowd (port) {
  const c = { going: true, taken: [], statuses: {} }
  const send = async () => {
    while (c.going) {
      const { status } = await exchange(port, { ...logRequest('x'), timeoutMs: 30000 })
      c.statuses[status] = (c.statuses[status] ?? 0) + 1
      if (status === 200) c.taken.push(Date.now())
      else await sleep(20)
    }
  }
  c.done = Promise.all(Array(60).fill(0).map(send))
  return c
}

const breaker = (gateway, from, to) => gateway.event('breaker').filter((e) => e.from === from && e.to === to).map((e) => Date.parse(e.time))

// What may be under way at the backend at this moment; one more for the active check.
function allowed (at, closedAt) {
  return (at < closedAt ? PROBES : PROBES * 2 ** (Math.floor((at - closedAt) / ROUND_MS) + 1)) + 1
}

for (const [name, outage] of Object.entries(OUTAGES)) {
  e2e(`back from an outage: the backend ${name}`, { timeoutMs: 90000 }, async (t) => {
    const recorder = await Recorder.start(t, { lines: true })
    const proxy = await FaultProxy.start(t, { backend: recorder.port })
    const w = { gate: proxy.gates[0] }
    if (outage.nginx) w.nginx = await Nginx.start(t, { backend: w.gate.port })
    await w.gate.plan(CALL_MS)
    const gateway = await Gateway.start(t, { config: configTo({ endpoints: [w.nginx ? `http://127.0.0.1:${w.nginx.port}` : w.gate.url], first_byte_timeout: '1s', total_timeout: '2s' }) })
    const senders = crowd(gateway.port)
    await sleep(500)
    await outage.begin(w)
    await until('the breaker to open', () => breaker(gateway, 'closed', 'open').length > 0, 10000)
    await sleep(OUTAGE_MS)
    await outage.end(w)
    const back = Date.now()
    await until('the breaker to close', () => breaker(gateway, 'half_open', 'closed').some((at) => at >= back), 15000)
    await sleep(700)
    senders.going = false
    await senders.done
    const first = senders.taken.find((at) => at >= back)
    const closedAt = breaker(gateway, 'half_open', 'closed').find((at) => at >= back)
    const seen = w.gate.timeline().filter((e) => e.begins && e.at >= back)
    const most = (from, to) => Math.max(0, ...seen.filter((e) => e.at >= from && e.at < to).map((e) => e.inFlight))
    t.diagnostic(JSON.stringify({ 'ms to the first success': first - back, 'ms to closed': closedAt - back, 'most at a time': { 'half open': most(back, closedAt), ...Object.fromEntries([0, 100, 200, 300, 400].map((ms) => [`${ms} ms after`, most(closedAt + ms, closedAt + ms + 100)])) }, statuses: senders.statuses }))
    assert.ok(first - back < BACK_MS + SLACK_MS, `traffic after ${first - back} ms`)
    for (const e of seen.filter((e) => !outage.queues || e.at >= closedAt)) assert.ok(e.inFlight <= allowed(e.at, closedAt), `${e.inFlight} at a time ${(e.at - closedAt).toFixed(0)} ms after the breaker closed, allowed ${allowed(e.at, closedAt)}`)
    assert.ok(most(closedAt, Infinity) > PROBES, 'and then it gets more')
    proxy.check()
  })
}
