// SPDX-License-Identifier: MIT
// A real nginx as front of a backend: HTTPS with the development certificates, or plain HTTP.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Child, freePort, tempDir, until } from './process.mjs'
import { MAKE_CERTS } from './paths.mjs'

// A folder with ca, server and client certificates of its own.
export function certificates () {
  const dir = tempDir()
  execFileSync('sh', [MAKE_CERTS, dir])
  return { dir, file: (name) => join(dir, name) }
}

export class Nginx {
  // options: protocols ('TLSv1.2' ...; absent: no TLS), certs, backend port, clientCertificates
  static async start (t, options) {
    const n = new Nginx()
    Object.assign(n, options)
    n.port = options.port ?? await freePort()
    n.dir = tempDir()
    mkdirSync(join(n.dir, 'tmp'))
    writeFileSync(join(n.dir, 'nginx.conf'), n.config())
    t.after(() => n.stop())
    await n.run()
    return n
  }

  config () {
    const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((k) => `${k}_temp_path ${this.dir}/tmp/${k};`).join('\n')
    return `
user root;
worker_processes 1;
daemon off;
pid ${this.dir}/nginx.pid;
error_log ${this.dir}/error.log;
events { worker_connections 2048; }
http {
  access_log ${this.dir}/access.log;
  ${temp}
  client_max_body_size 64m;
  server {
    listen 127.0.0.1:${this.port}${this.protocols ? ' ssl' : ''};
    ${this.protocols ? `ssl_protocols ${this.protocols}; ssl_certificate ${this.certs.file('server.pem')}; ssl_certificate_key ${this.certs.file('server.key')};` : ''}
    ${this.clientCertificates ? `ssl_client_certificate ${this.certs.file('ca.pem')}; ssl_verify_client on;` : ''}
    keepalive_requests 50;
    location / {
      proxy_pass http://127.0.0.1:${this.backend};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
    }
  }
}
`
  }

  async run () {
    this.child = new Child('nginx', ['-p', this.dir, '-e', join(this.dir, 'error.log'), '-c', join(this.dir, 'nginx.conf')])
    await until('nginx', () => {
      if (this.child.how) throw Object.assign(new Error(`nginx: ${this.child.stderr}`), { fatal: true })
      return new Promise((resolve) => {
        const socket = connect(this.port, '127.0.0.1', () => { socket.destroy(); resolve(true) }).on('error', () => resolve(false))
      })
    })
  }

  async stop () {
    if (this.child.how === undefined) await this.child.end('SIGTERM')
  }

  reload () { process.kill(this.child.pid, 'SIGHUP') }

  // With other options.
  reconfigure (options) {
    Object.assign(this, options)
    writeFileSync(join(this.dir, 'nginx.conf'), this.config())
    this.reload()
  }

  // The master and its workers.
  signal (name) {
    const workers = readFileSync(`/proc/${this.child.pid}/task/${this.child.pid}/children`, 'utf8').trim().split(' ')
    for (const pid of [this.child.pid, ...workers.filter(Boolean).map(Number)]) process.kill(pid, name)
  }

  async kill () {
    this.signal('SIGKILL')
    await this.child.ended
  }
}
