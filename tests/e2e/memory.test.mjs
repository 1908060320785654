// SPDX-License-Identifier: MIT
// Thousands of senders with large bodies, none of whom gives up, before a backend that hangs: memory stays under what
// the configuration allows, whoever looks after it gets in, and it ends as soon as the backend is back.
//   REDACTD_FLOOD=10000    connections
import assert from 'node:assert/strict'
import { FaultProxy } from './lib/faults.mjs'
import { Gateway } from './lib/gateway.mjs'
import { metric, parseMetrics } from './lib/metrics.mjs'
import { Child, sleep, until } from './lib/process.mjs'
import { FLOOD } from './lib/paths.mjs'
import { Recorder } from './lib/recorder.mjs'
import { logRequest } from './lib/samples.mjs'
import { e2e } from './lib/world.mjs'

const CONNECTIONS = Number(process.env.REDACTD_FLOOD ?? 500)
const BODY = 1 << 20
const SECONDS = CONNECTIONS > 1000 ? 40 : 12
const MIB = 1 << 20
const BUDGET_MIB = CONNECTIONS > 1000 ? 512 : 96
// What a process has besides bodies and connections: code, OpenSSL, rules, stacks, what the allocator keeps between two
// bodies. Connections are in the account.
const FIXED_MIB = 32
const CONNECTION = 20 << 10

// With the breaker most is refused before its body is read; without it the account alone has to hold.
for (const enabled of [true, false]) {
  e2e(`${CONNECTIONS} connections with bodies of 1 MiB before a backend that hangs, ${enabled ? 'with' : 'without'} the breaker`, { timeoutMs: 240000 }, (t) => flood(t, { enabled }))
}

async function flood (t, breaker) {
  const recorder = await Recorder.start(t)
  const proxy = await FaultProxy.start(t, { backend: recorder.port })
  const [gate] = proxy.gates
  t.after(() => { recorder.check(); gate.check() })
  const gateway = await Gateway.start(t, {
    config: {
      version: 1,
      upstreams: { backend: { endpoints: [gate.url], first_byte_timeout: '3s', total_timeout: '4s', max_connections: 1024, breaker } },
      workspaces: { anonymous: 'local-dev' },
      limits: { memory_bytes: BUDGET_MIB * MIB, connections: CONNECTIONS + 100, requests_in_flight: CONNECTIONS + 100 }
    }
  })
  const before = gateway.peakMemory()
  await gate.plan({ request_at: 1, request_do: 'hang' })
  const senders = new Child(FLOOD, [gateway.port, CONNECTIONS, BODY, SECONDS].map(String))
  let used = 0
  for (const end = Date.now() + SECONDS * 1000; Date.now() < end && senders.how === undefined; await sleep(200)) {
    const all = parseMetrics((await gateway.admin('/metrics', 30000)).text) // it takes its turn among the others
    used = Math.max(used, metric(all, 'redactd_memory_budget_used_bytes'))
    assert.ok(metric(all, 'redactd_memory_budget_used_bytes') <= BUDGET_MIB * MIB, 'the account stays below its limit')
  }
  assert.deepEqual(await senders.end(null, 60000), { code: 0, signal: null }, senders.stderr.toString())
  const result = JSON.parse(senders.stdout)
  const peak = gateway.peakMemory()
  const counts = await gateway.metrics()
  t.diagnostic(JSON.stringify(Object.fromEntries(['connections_accepted', 'connections_refused', 'client_gone', 'slow_clients'].map((name) => [name, metric(counts, `redactd_${name}_total`)]))))
  assert.ok(used >= CONNECTIONS * CONNECTION, 'connections are charged')
  t.diagnostic(`${JSON.stringify(result)}; budget ${BUDGET_MIB} MiB, charged at most ${(used / MIB).toFixed(0)} MiB; VmHWM ${before.toFixed(0)} MiB before, ${peak.toFixed(0)} MiB after`)
  assert.ok(result.lost <= metric(counts, 'redactd_connections_refused_total'), 'every request is answered, unless its connection was refused')
  const statuses = Object.keys(result.answers)
  assert.ok(statuses.every((s) => ['502', '503', '504'].includes(s)), `only answers that are tried again: ${statuses}`)
  assert.ok(result.answers[503] > CONNECTIONS / 2, 'most had to come back later')
  if (!process.env.REDACTD_SANITIZED) assert.ok(peak <= BUDGET_MIB + FIXED_MIB, `VmHWM ${peak.toFixed(0)} MiB, allowed ${BUDGET_MIB} + ${FIXED_MIB.toFixed(0)}`)
  await gate.plan()
  await until('the backend to be used again', async () => (await gateway.post(undefined, logRequest('after'))).status === 200, 20000, 100)
  // At most the connection of the request above is left.
  await until('all of it to be given back', async () => [0, CONNECTION].includes(metric(await gateway.metrics(), 'redactd_memory_budget_used_bytes')), 10000, 100)
}
