// SPDX-License-Identifier: MIT
// Senders that go on until they are told to stop, each record with a word of its own, so that every single one can be
// found again.
import { Agent } from 'node:http'
import { exchange } from './http.mjs'
import { logRequest } from './samples.mjs'

let unique = 0

export class Load {
  // port: number or function; senders: how many at a time
  constructor (port, { senders = 8, keepAlive = true } = {}) {
    this.port = typeof port === 'function' ? port : () => port
    this.agent = keepAlive ? new Agent({ keepAlive: true, maxSockets: senders }) : false
    this.acknowledged = new Set()
    this.refused = {}
    this.errors = []
    this.sent = 0
    this.going = true
    this.done = Promise.all(Array(senders).fill(0).map(() => this.send()))
  }

  async send () {
    while (this.going) {
      const word = `record-${process.pid}-${++unique}-end`
      this.sent++
      try {
        const { status } = await exchange(this.port(), { ...logRequest(word), agent: this.agent })
        if (status === 200) this.acknowledged.add(word)
        else this.refused[status] = (this.refused[status] ?? 0) + 1
      } catch (error) {
        this.errors.push(error.code ?? error.message)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
  }

  async stop () {
    this.going = false
    await this.done
    if (this.agent) this.agent.destroy()
    return this
  }

  // Acknowledged records that `text` does not hold.
  lost (text) {
    const found = new Set(text.match(/record-\d+-\d+-end/g))
    return [...this.acknowledged].filter((word) => !found.has(word))
  }
}
