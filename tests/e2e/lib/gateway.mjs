// SPDX-License-Identifier: MIT
// redactd itself, one process for a test: a configuration in a folder of its own, free ports, and at the end the
// checks that hold for every test: a clean exit, no secret in log or metrics, the account of items in balance.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Child, freePort, tempDir, until } from './process.mjs'
import { REDACTD } from './paths.mjs'
import { assertClean } from './secrets.mjs'
import { assertConserved, parseMetrics } from './metrics.mjs'
import { exchange } from './http.mjs'

const SIGNALS = ['logs', 'traces', 'metrics', 'loki_push']

// All signals to one upstream. JSON is YAML, so the object is the file.
export function configTo (upstream, more = {}) {
  return {
    version: 1,
    upstreams: { backend: upstream },
    routes: SIGNALS.map((signal) => ({ version: 'v1', signal, upstream: 'backend' })),
    workspaces: { anonymous: 'local-dev' },
    ...more
  }
}

export class Gateway {
  // options: upstream (or config), env, exit: expected code, checks: false for a process that is to be killed
  static async start (t, options) {
    const g = new Gateway()
    g.options = options
    g.dir = options.dir ?? tempDir()
    g.port = options.port ?? await freePort()
    g.adminPort = options.adminPort ?? await freePort()
    g.url = `http://127.0.0.1:${g.port}`
    g.file = join(g.dir, 'redactd.yaml')
    g.configure(options.config ?? configTo(options.upstream))
    g.child = new Child(REDACTD, ['run', '-c', g.file], { cwd: g.dir, env: { ...process.env, ...options.env } })
    t.after(() => g.finish())
    await g.ready()
    return g
  }

  configure (config) {
    const listeners = config.listeners ?? [{ address: `127.0.0.1:${this.port}` }]
    writeFileSync(this.file, JSON.stringify({ ...config, listeners, admin: { address: `127.0.0.1:${this.adminPort}`, ...config.admin } }, null, 2))
  }

  async ready () {
    await until('redactd to be ready', async () => {
      if (this.child.how !== undefined) {
        throw Object.assign(new Error(`redactd ended: ${JSON.stringify(this.child.how)}\n${this.child.stderr}`), { fatal: true })
      }
      return (await this.admin('/readyz')).status === 200
    }, 20000)
  }

  admin (path, timeoutMs = 5000) { return exchange(this.adminPort, { method: 'GET', path, timeoutMs }) }
  // The admin API with a token; `body` becomes JSON. {status, headers, json}
  async api (method, path, { token, body } = {}) {
    const res = await exchange(this.adminPort, { method, path, body: body === undefined ? '' : JSON.stringify(body), headers: token === undefined ? {} : { Authorization: `Bearer ${token}` } })
    return { ...res, json: res.text === '' ? undefined : JSON.parse(res.text) }
  }

  post (path, options) { return exchange(this.port, { path, ...options }) }
  async metrics () { return parseMetrics((await this.admin('/metrics')).text) }
  // Once it runs, every line it writes is JSON.
  events () { return this.child.stderr.toString().split('\n').filter((line) => line !== '').map((line) => JSON.parse(line)) }
  event (word) { return this.events().filter((e) => e.event === word) }
  signal (name) { process.kill(this.pid, name) }
  get pid () { return this.child.pid }

  // Peak resident memory in MiB.
  peakMemory () { return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.pid}/status`))[1]) / 1024 }

  // Ends it well; called once, by hand or after the test.
  async finish () {
    if (this.finished) return
    this.finished = true
    if (this.child.how === undefined && this.options.checks !== false) {
      await this.settled()
      assertClean('/metrics', (await this.admin('/metrics')).text)
    }
    const how = await this.child.end(this.options.checks === false ? 'SIGKILL' : 'SIGTERM')
    assertClean('the log', this.child.stderr)
    assertClean('standard output', this.child.stdout)
    if (this.options.checks !== false) assert.deepEqual(how, { code: this.options.exit ?? 0, signal: null }, `exit of redactd\n${this.child.stderr}`)
  }

  // The account is in balance, at the latest once what is in flight has ended.
  async settled () {
    await until('the account of items to balance', async () => {
      assertConserved(await this.metrics())
      return true
    }, 3000, 50)
  }
}
