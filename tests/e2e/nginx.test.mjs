// SPDX-License-Identifier: MIT
// A real HTTPS backend: nginx with TLS 1.2 and 1.3, its name checked, its restarts survived.
import assert from 'node:assert/strict'
import { Gateway } from './lib/gateway.mjs'
import { Nginx, certificates } from './lib/nginx.mjs'
import { Recorder } from './lib/recorder.mjs'
import { SIGNALS, TYPES, logRequest, sample } from './lib/samples.mjs'
import { sleep } from './lib/process.mjs'
import { e2e } from './lib/world.mjs'

async function chain (t, { protocols = 'TLSv1.2 TLSv1.3', tls = {}, host = 'localhost', timeouts = {}, ...more } = {}) {
  const certs = certificates()
  const recorder = await Recorder.start(t)
  const nginx = await Nginx.start(t, { protocols, certs, backend: recorder.port, ...more })
  const upstream = { endpoints: [`https://${host}:${nginx.port}`], tls: { ca: certs.file('ca.pem'), ...(typeof tls === 'function' ? tls(certs) : tls) }, ...timeouts }
  const gateway = await Gateway.start(t, { upstream })
  t.after(() => recorder.check())
  return { recorder, nginx, gateway, certs }
}

for (const protocols of ['TLSv1.2', 'TLSv1.3']) {
  for (const host of ['localhost', '127.0.0.1']) {
    e2e(`${protocols} to ${host}`, async (t) => {
      const { gateway, recorder } = await chain(t, { protocols, host })
      for (const signal of SIGNALS) {
        for (const format of Object.keys(TYPES)) {
          const res = await gateway.post(undefined, sample(signal, format))
          assert.ok(res.status === 200 || res.status === 204, res.text)
        }
      }
      await recorder.take(8)
    })
  }

  e2e(`${protocols}: a certificate for another name is refused`, async (t) => {
    const { gateway, recorder } = await chain(t, { protocols, tls: { server_name: 'elsewhere.example' } })
    const res = await gateway.post(undefined, logRequest('x'))
    assert.ok([502, 503].includes(res.status), String(res.status))
    assert.equal(recorder.count(), 0)
  })

  e2e(`${protocols}: an unknown authority is refused`, async (t) => {
    const other = certificates()
    const { gateway, recorder } = await chain(t, { protocols, tls: { ca: other.file('ca.pem') } })
    const res = await gateway.post(undefined, logRequest('x'))
    assert.ok([502, 503].includes(res.status), String(res.status))
    assert.equal(recorder.count(), 0)
  })

  e2e(`${protocols}: a client certificate is shown`, async (t) => {
    const tls = (certs) => ({ certificate: certs.file('client.pem'), key: certs.file('client.key') })
    const { gateway, recorder } = await chain(t, { protocols, clientCertificates: true, tls })
    assert.equal((await gateway.post(undefined, logRequest('x'))).status, 200)
    await recorder.take(1)
  })
}

e2e('plain HTTP to an HTTPS port is an error that can be tried again', async (t) => {
  const { nginx } = await chain(t)
  const gateway = await Gateway.start(t, { upstream: { endpoints: [`http://127.0.0.1:${nginx.port}`] } })
  const res = await gateway.post(undefined, logRequest('x'))
  assert.ok(res.status >= 400, `nginx says 400: ${res.status}`)
})

e2e('large bodies, many connections, keep-alive limits of the server', async (t) => {
  // 200 handshakes at once take a while on a busy machine
  const { gateway, recorder } = await chain(t, { timeouts: { connect_timeout: '20s', first_byte_timeout: '20s', total_timeout: '40s', queue_timeout: '40s' } })
  const results = await Promise.all(Array(200).fill(0).map((_, i) => gateway.post(undefined, { ...logRequest('x'.repeat(i * 500)), timeoutMs: 45000 })))
  assert.deepEqual([...new Set(results.map((r) => r.status))], [200])
  await recorder.take(200)
})

e2e('a stopped backend: refused for now; started again: taken', async (t) => {
  const { gateway, nginx } = await chain(t)
  assert.equal((await gateway.post(undefined, logRequest('before'))).status, 200)
  await nginx.stop()
  const res = await gateway.post(undefined, logRequest('during'))
  assert.equal(res.status, 503)
  assert.ok(Number(res.headers['retry-after']) > 0)
  await nginx.run()
  assert.equal((await gateway.post(undefined, logRequest('after'))).status, 200)
})

e2e('a reload of the server under load costs no request', async (t) => {
  const { gateway, nginx, recorder } = await chain(t)
  const statuses = {}
  let sent = 0
  const end = Date.now() + 2000
  const sender = async () => {
    while (Date.now() < end) {
      sent++
      const { status } = await gateway.post(undefined, logRequest(`n${sent}`))
      statuses[status] = (statuses[status] ?? 0) + 1
    }
  }
  const senders = Promise.all(Array(4).fill(0).map(sender))
  for (let i = 0; i < 4; i++) {
    await sleep(350)
    nginx.reload()
  }
  await senders
  assert.deepEqual(statuses, { 200: sent })
  assert.equal(recorder.count(), sent)
})
