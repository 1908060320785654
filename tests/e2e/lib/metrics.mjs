// SPDX-License-Identifier: MIT
// Reads the metrics text and checks the account of items: nothing is counted in that is not counted out.
import assert from 'node:assert/strict'

// {name: [{labels, value}]}
export function parseMetrics (text) {
  const all = {}
  for (const line of text.split('\n')) {
    const m = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line)
    if (!m) {
      assert.ok(line === '' || line.startsWith('#'), `metrics line: ${line}`)
      continue
    }
    const labels = Object.fromEntries([...(m[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map((l) => [l[1], l[2]]))
    ;(all[m[1]] ??= []).push({ labels, value: Number(m[3]) })
  }
  return all
}

export function metric (all, name, labels = {}) {
  const rows = (all[name] ?? []).filter((row) => Object.entries(labels).every(([k, v]) => row.labels[k] === v))
  return rows.reduce((sum, row) => sum + row.value, 0)
}

export function account (all, signal) {
  const of = (word) => metric(all, `redactd_items_${word}_total`, signal ? { signal } : {})
  return {
    received: of('received'), accepted: of('accepted'), rejected: of('rejected'), delivered: of('delivered'), dropped: of('dropped'),
    inFlight: metric(all, 'redactd_items_in_flight', signal ? { signal } : {})
  }
}

export function assertConserved (all) {
  for (const word of ['received', 'accepted', 'rejected', 'delivered', 'dropped']) {
    assert.ok(all[`redactd_items_${word}_total`], `metrics have no redactd_items_${word}_total`)
  }
  for (const signal of ['logs', 'traces', 'metrics', 'loki_push']) {
    const a = account(all, signal)
    assert.equal(a.received, a.accepted + a.rejected, `${signal}: received = accepted + rejected, ${JSON.stringify(a)}`)
    assert.equal(a.accepted, a.delivered + a.dropped + a.inFlight, `${signal}: accepted = delivered + dropped + in flight, ${JSON.stringify(a)}`)
  }
}
