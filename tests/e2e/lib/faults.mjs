// SPDX-License-Identifier: MIT
// The fault proxy (tests/upstream/fault_proxy.c): gates before one backend, each with a plan (fault_plan.h).
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Child, tempDir, until } from './process.mjs'
import { FAULT_PROXY } from './paths.mjs'
import { assertClean } from './secrets.mjs'
import { exchange } from './http.mjs'

export class FaultProxy {
  // options: backend (port), gates (how many)
  static async start (t, { backend, gates = 1 }) {
    const p = new FaultProxy()
    p.dir = tempDir()
    p.child = new Child(FAULT_PROXY, ['--dir', p.dir, '--backend', String(backend), '--gates', String(gates)])
    const { control, gates: ports } = await until('the fault proxy', () => JSON.parse(p.child.stdout.toString()))
    p.control = control
    p.gates = ports.map((port, i) => new Gate(p, i, port))
    t.after(async () => {
      assert.equal(p.child.how, undefined, `the fault proxy ended by itself: ${p.child.stderr}`)
      await p.child.end('SIGKILL')
    })
    return p
  }

  // Nothing that came in at any gate shows a secret.
  check () { for (const gate of this.gates) gate.check() }
}

class Gate {
  constructor (proxy, index, port) {
    Object.assign(this, { proxy, index, port, url: `http://127.0.0.1:${port}`, secureUrl: `https://localhost:${port}` })
  }

  // No plan: pass through.
  async plan (plan = {}) {
    const res = await exchange(this.proxy.control, { method: 'PUT', path: `/${this.index}`, body: JSON.stringify(plan) })
    assert.equal(res.status, 204, res.text)
  }

  async stats () { return JSON.parse((await exchange(this.proxy.control, { method: 'GET', path: `/${this.index}` })).text) }
  received () { return readFileSync(join(this.proxy.dir, `gate-${this.index}.bytes`)) }

  // [{at: ms, begins, inFlight}]: each exchange's begin and end.
  timeline () {
    const lines = readFileSync(join(this.proxy.dir, `gate-${this.index}.log`), 'utf8').split('\n').slice(0, -1)
    return lines.map((line) => line.split(' ')).map(([us, sign, n]) => ({ at: Number(us) / 1000, begins: sign === '+', inFlight: Number(n) }))
  }

  check () { assertClean(`what came in at gate ${this.index}`, this.received()) }
}
