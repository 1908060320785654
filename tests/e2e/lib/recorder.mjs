// SPDX-License-Identifier: MIT
// The strict recording backend (tests/upstream/recorder.c).
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Child, tempDir, until } from './process.mjs'
import { RECORDER } from './paths.mjs'
import { assertClean } from './secrets.mjs'
import { exchange } from './http.mjs'

export class Recorder {
  // options: port, anyLabelOrder (for senders that come without the gateway), lines: many requests, of which only
  // lines() is wanted
  static async start (t, { port, anyLabelOrder = false, lines = false } = {}) {
    const r = new Recorder()
    r.dir = tempDir()
    r.child = new Child(RECORDER, ['--dir', r.dir, ...(port ? ['--port', String(port)] : []), ...(anyLabelOrder ? ['--any-label-order'] : []), ...(lines ? ['--lines'] : [])])
    r.port = await until('the recorder', () => Number(r.child.stdout.toString()))
    r.url = `http://127.0.0.1:${r.port}`
    t.after(() => r.stop())
    return r
  }

  async stop () {
    await this.child.end('SIGKILL')
  }

  // See script.h for the rules. No rules: answer as when all is well.
  async script (...rules) {
    const res = await exchange(this.port, { method: 'PUT', path: '/_script', body: JSON.stringify(rules) })
    assert.equal(res.status, 204)
  }

  // Names of what arrived, in order. Active checks of the gateway (GET) are not counted, though rules apply to them.
  names () {
    const all = readdirSync(this.dir).filter((f) => f.endsWith('.json')).sort()
    return all.map((f) => join(this.dir, f.slice(0, -5))).filter((base) => JSON.parse(readFileSync(`${base}.json`)).method !== 'GET')
  }

  // What arrived so far, in order; each also has `body` and `plain` bytes.
  requests () {
    return this.names().map((base) => {
      const request = JSON.parse(readFileSync(`${base}.json`))
      request.header = (name) => request.headers.find(([n]) => n.toLowerCase() === name)?.[1]
      for (const part of ['head', 'body', 'plain']) request[part] = readFileSync(`${base}.${part}`)
      return request
    })
  }

  // Text of what arrived, a line for each request, when started with `lines`.
  lines () { return readFileSync(join(this.dir, 'requests.jsonl'), 'utf8') }

  count () { return this.names().length }

  // n requests without fault, else an error.
  async take (n, timeoutMs = 10000) {
    await until(`${n} requests at the backend`, () => this.count() >= n, timeoutMs)
    const all = this.requests()
    assert.equal(all.length, n, 'number of requests at the backend')
    return all
  }

  // Nothing that arrived breaks a rule of the protocols (but those in `tolerated`) or shows a secret.
  check () {
    for (const r of this.requests()) {
      if (!this.tolerated?.includes(r.error)) assert.equal(r.error, null, `request ${r.n} to ${r.target}: a strict backend refuses it`)
      for (const part of ['head', 'body', 'plain']) assertClean(`${part} of request ${r.n} at the backend`, r[part])
    }
  }
}
