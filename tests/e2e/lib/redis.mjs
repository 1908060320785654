// SPDX-License-Identifier: MIT
// A real redis-server on a port of its own; nothing is kept on disk.
import { connect } from 'node:net'
import { Child, freePort, tempDir, until } from './process.mjs'

export class Redis {
  // options: port, args: more of the command line
  static async start (t, { port, args = [] } = {}) {
    const r = new Redis()
    r.port = port ?? await freePort()
    r.args = args
    await r.run()
    t.after(() => r.stop())
    return r
  }

  get address () { return `127.0.0.1:${this.port}` }

  async run () {
    this.child = new Child('redis-server', ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', tempDir(), ...this.args])
    await until('redis to listen', () => this.child.stdout.toString().includes('Ready to accept connections'))
  }

  async stop (signal = 'SIGKILL') {
    if (this.child.how === undefined) await this.child.end(signal)
  }

  // One command in the inline form; resolves to the first chunk of the answer.
  command (words) {
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, '127.0.0.1')
      socket.on('error', reject)
      socket.on('data', (d) => { resolve(d.toString()); socket.end() })
      socket.write(`${words}\r\n`)
    })
  }
}
