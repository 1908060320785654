// SPDX-License-Identifier: MIT
// Child processes of the tests: started, watched, and ended by their own pid, always.
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const running = new Set()
process.setMaxListeners(0)
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')))

export class Child {
  constructor (command, args, options = {}) {
    this.stdout = Buffer.alloc(0)
    this.stderr = Buffer.alloc(0)
    this.process = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
    this.pid = this.process.pid
    running.add(this.process)
    this.process.stdout.on('data', (d) => { this.stdout = Buffer.concat([this.stdout, d]) })
    this.process.stderr.on('data', (d) => { this.stderr = Buffer.concat([this.stderr, d]) })
    // 'close', not 'exit': everything that was written has been read
    this.ended = new Promise((resolve) => {
      this.process.on('error', (error) => resolve({ error }))
      this.process.on('close', (code, signal) => {
        running.delete(this.process)
        resolve({ code, signal })
      })
    }).then((how) => { this.how = how; return how })
  }

  // Sends the signal (null: only waits) and returns {code, signal}; a child that does not end in time is killed, and that is an error.
  async end (signal = 'SIGTERM', timeoutMs = 15000) {
    if (this.how === undefined && signal !== null) process.kill(this.pid, signal)
    const how = await Promise.race([this.ended, sleep(timeoutMs, 'late', { ref: false })])
    if (how !== 'late') return how
    this.process.kill('SIGKILL')
    await this.ended
    throw new Error(`${this.process.spawnfile} did not end within ${timeoutMs} ms of ${signal}`)
  }
}

// Polls until `probe` returns something true; what it throws last is part of the error.
export async function until (what, probe, timeoutMs = 10000, stepMs = 20) {
  let last
  for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(stepMs)) {
    try {
      const found = await probe()
      if (found) return found
    } catch (error) {
      if (error.fatal) throw error
      last = error
    }
  }
  throw new Error(`waited ${timeoutMs} ms for ${what}`, { cause: last })
}

// Ports of this process alone, below those that the kernel gives to clients, and none twice until all were used: a
// port that is only looked up and let go could be somebody else's a moment later.
const PORTS = { first: 10000 + (process.pid % 200) * 100, count: 100, next: 0 }

export async function freePort () {
  for (;;) {
    const port = PORTS.first + PORTS.next++ % PORTS.count
    const server = createServer()
    const bound = await new Promise((resolve) => server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true)))
    if (!bound) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}

export function tempDir () {
  const dir = mkdtempSync(join(tmpdir(), 'redactd-e2e-'))
  process.on('exit', () => { if (!process.env.KEEP_TEMP) rmSync(dir, { recursive: true, force: true }) })
  return dir
}

export { sleep }
