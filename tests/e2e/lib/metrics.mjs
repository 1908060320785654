// SPDX-License-Identifier: MIT
// Reads the metrics text and checks the account of items: nothing is counted in that is not counted out.
import assert from 'node:assert/strict'

// {name: [{labels, value}], families: names that the text declares}
export function parseMetrics (text) {
  const all = { families: new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map((m) => m[1])) }
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

export function account (all, signal, kind = 'items') {
  const of = (word) => metric(all, `redactd_${kind}_${word}_total`, { signal })
  return {
    received: of('received'), accepted: of('accepted'), rejected: of('rejected'), delivered: of('delivered'), dropped: of('dropped'), discarded: of('discarded'),
    inFlight: metric(all, `redactd_${kind}_in_flight`, { signal })
  }
}

// At rest: received = accepted + rejected, accepted = delivered + discarded + dropped, nothing in flight; items and
// requests (which are never discarded).
export function assertConserved (all) {
  for (const kind of ['items', 'requests']) {
    for (const word of ['received', 'accepted', 'rejected', 'delivered', 'dropped']) {
      assert.ok(all.families.has(`redactd_${kind}_${word}_total`), `metrics have no redactd_${kind}_${word}_total`)
    }
    for (const signal of ['logs', 'traces', 'metrics', 'loki_push']) {
      const a = account(all, signal, kind)
      assert.equal(a.received, a.accepted + a.rejected, `${signal} ${kind}: received = accepted + rejected, ${JSON.stringify(a)}`)
      assert.equal(a.accepted, a.delivered + a.discarded + a.dropped, `${signal} ${kind}: accepted = delivered + discarded + dropped, ${JSON.stringify(a)}`)
      assert.equal(a.inFlight, 0, `${signal} ${kind}: nothing in flight, ${JSON.stringify(a)}`)
    }
    for (const { labels } of all[`redactd_workspace_${kind}_received_total`] ?? []) {
      const of = (word) => metric(all, `redactd_workspace_${kind}_${word}_total`, labels)
      assert.equal(of('received'), of('accepted') + of('rejected'), `${labels.workspace_id} ${kind}: received = accepted + rejected`)
    }
  }
}
