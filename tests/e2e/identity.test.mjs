// SPDX-License-Identifier: MIT
// Who is calling, and whose label what arrives carries. A sender of workspace `mine` tries everything to land in
// `victim`, whose names and credentials stand in the same configuration, or nowhere at all: each try is refused, or
// what arrives is mine alone.
import assert from 'node:assert/strict'
import { createHash, createHmac, generateKeyPairSync, sign, X509Certificate } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { Agent } from 'node:http'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import snappy from 'snappy'
import { Gateway, configTo } from './lib/gateway.mjs'
import { Raw, rawExchange } from './lib/http.mjs'
import { certificates } from './lib/nginx.mjs'
import { REDACTD } from './lib/paths.mjs'
import { freePort, tempDir, until } from './lib/process.mjs'
import { fixed64, int, len } from './lib/pb.mjs'
import { Recorder } from './lib/recorder.mjs'
import { send } from './lib/otel.mjs'
import { NOW, OTLP, PATHS, TYPES } from './lib/samples.mjs'
import { e2e } from './lib/world.mjs'

const sha256 = (text) => createHash('sha256').update(text).digest('hex')
const newToken = () => /token\s+(\S+)\nsha256\s+(\S+)/.exec(execFileSync(REDACTD, ['token', 'new'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString())
const hashOf = (password) => execFileSync(REDACTD, ['password', 'hash'], { input: `${password}\n` }).toString().trim()
const b64 = (v) => Buffer.from(typeof v === 'string' ? v : JSON.stringify(v)).toString('base64url')

// ---- tokens that somebody signed ----

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })
const jwk = (pair, kid, more) => ({ ...pair.publicKey.export({ format: 'jwk' }), kid, use: 'sig', ...more })
const jwks = (...keys) => JSON.stringify({ keys })
const signers = {
  RS256: (text, key = rsa.privateKey) => sign('sha256', text, key),
  ES256: (text, key = ec.privateKey) => sign('sha256', text, { key, dsaEncoding: 'ieee-p1363' }),
  EdDSA: (text, key = ed.privateKey) => sign(null, text, key)
}
const seconds = () => Math.floor(Date.now() / 1000)
const claims = (more) => ({ iss: 'https://issuer', aud: ['other', 'redactd'], exp: seconds() + 600, workspace: 'mine', ...more })

function jwt ({ alg = 'RS256', header = {}, more = {}, key, signature } = {}) {
  const text = `${b64({ alg, kid: alg, typ: 'JWT', ...header })}.${b64(claims(more))}`
  return `${text}.${signature === undefined ? signers[alg](Buffer.from(text), key).toString('base64url') : signature(text)}`
}

// ---- the world ----

const [, token, hash] = newToken()
const [, second, secondHash] = newToken()
const [, victimToken, victimHash] = newToken()
const HEADER = 'X-Scope-OrgID'
const LABEL = 'workspace_id'

const list = () => [
  { name: 'mine', aliases: ['mine-too'], tokens: [hash, secondHash], passwords: [`bob:${hashOf('geheim')}`, `bob:${hashOf('neu')}`], labels: { env: 'prod' } },
  { name: 'victim', tenant: 'victim-tenant', tokens: [victimHash], passwords: [`eve:${hashOf('hidden')}`] }
]

async function world (t, { workspaces = {}, listeners, networks = ['192.0.2.0/24'] } = {}) {
  const recorder = await Recorder.start(t)
  const dir = tempDir()
  writeFileSync(join(dir, 'keys.json'), jwks(jwk(rsa, 'RS256'), jwk(ec, 'ES256', { alg: 'ES256' }), jwk(ed, 'EdDSA')))
  const config = configTo({ endpoints: [recorder.url], tenant_header: HEADER }, {
    workspaces: {
      label: LABEL,
      list: list(),
      jwt: { keys: 'keys.json', issuer: 'https://issuer', audience: 'redactd', leeway: '5s' },
      header: { networks },
      ...workspaces
    },
    ...(listeners ? { listeners } : {})
  })
  const gateway = await Gateway.start(t, { dir, config })
  return { recorder, gateway, config, dir }
}

const bearer = (credential) => ({ Authorization: `Bearer ${credential}` })
const basic = (user, password) => ({ Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` })
const any = (text) => ({ stringValue: text })
const attribute = (key, text = 'victim') => ({ key, value: any(text) })
const logs = (resource = {}, record = {}, scope = {}) => ({ resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: [{ body: any('hi'), ...record }] }] }] })
const json = (path, body, headers = bearer(token)) => ({ path, headers: { 'Content-Type': TYPES.json, ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body) })
const log = (headers, body = logs()) => json(PATHS.logs, body, headers)
const protobuf = (path, body, headers = bearer(token)) => ({ path, headers: { 'Content-Type': TYPES.protobuf, ...headers }, body: path === PATHS.loki_push ? snappy.compressSync(body) : body })
const pair = (field, key, text = 'victim') => len(field, len(1, key), len(2, len(1, text)))
const loki = (stream) => json(PATHS.loki_push, { streams: [{ values: [[NOW, 'hi']], ...stream }] })
const time = len(1, int(1, BigInt(NOW) / 1000000000n), int(2, 0))

e2e('each credential lands in its own workspace, and says so at the backend', async (t) => {
  const { gateway, recorder } = await world(t)
  const credentials = [bearer(token), bearer(second), { authorization: `bEARER ${token}` }, basic('bob', 'geheim'), basic('bob', 'geheim'), basic('bob', 'neu'),
    bearer(jwt()), bearer(jwt()), bearer(jwt({ alg: 'ES256' })), bearer(jwt({ alg: 'EdDSA' })), bearer(jwt({ more: { workspace: 'mine-too', aud: 'redactd' } })), bearer(victimToken)]
  for (const headers of credentials) assert.equal((await gateway.post(undefined, log(headers))).status, 200, JSON.stringify(headers))
  const all = await recorder.take(credentials.length)
  all.forEach((r, i) => {
    const [name, tenant] = i < credentials.length - 1 ? ['mine', 'mine'] : ['victim', 'victim-tenant']
    assert.equal(r.header('x-scope-orgid'), tenant)
    const { attributes } = JSON.parse(r.plain).resourceLogs[0].resource
    assert.deepEqual(attributes, [attribute(LABEL, name), ...(name === 'mine' ? [attribute('env', 'prod')] : [])])
  })
})

for (const format of ['json', 'protobuf']) {
  e2e(`the OpenTelemetry SDK with a token in its headers, ${format}`, async (t) => {
    const { gateway, recorder } = await world(t)
    for (const signal of OTLP) {
      const { code } = await send(signal, format, { url: gateway.url, headers: bearer(token) })
      assert.equal(code, 0, signal)
    }
    for (const r of await recorder.take(3)) {
      assert.equal(r.header('x-scope-orgid'), 'mine')
      assert.ok(r.plain.includes(LABEL) && r.plain.includes('prod'))
    }
    const { code } = await send('logs', format, { url: gateway.url, headers: bearer(`${token}x`) })
    assert.notEqual(code, 0)
  })
}

// ---- to be refused: who one is not ----

const hs256 = (text) => createHmac('sha256', rsa.publicKey.export({ type: 'spki', format: 'pem' })).update(text).digest('base64url')
const der = (text) => sign('sha256', Buffer.from(text), ec.privateKey).toString('base64url')

const impostors = {
  'no credential': {},
  'a tenant header from an untrusted network': { [HEADER]: 'victim' },
  'an empty credential': { Authorization: 'Bearer' },
  'a hash instead of its token': bearer(victimHash),
  'a beginning of a token': bearer(victimToken.slice(0, -1)),
  'a token with something behind it': bearer(`${victimToken}x`),
  'a token in capitals': bearer(victimToken.toUpperCase()),
  'a token with padding': bearer(`${victimToken}=`),
  'two tokens in one header': bearer(`${token} ${victimToken}`),
  'a token as Basic': { Authorization: `Basic ${victimToken}` },
  'a scheme that nobody knows': { Authorization: `Token ${victimToken}` },
  'a scheme without a space': { Authorization: `Bearer${victimToken}` },
  'the name of a workspace as token': bearer('victim'),
  'the masked token of a dump': bearer('***'),
  'a wrong password': basic('eve', 'geheim'),
  'an empty password': basic('eve', ''),
  'no user': basic('', 'hidden'),
  'a hash as password': basic('eve', list()[1].passwords[0].slice(4)),
  'a user in capitals': basic('EVE', 'hidden'),
  'a password with a NUL': basic('eve', 'hidden\0'),
  'Basic that is no base64': { Authorization: 'Basic %%%' },
  'alg none': bearer(jwt({ header: { alg: 'none' }, signature: () => '' })),
  'alg none in another spelling': bearer(jwt({ header: { alg: 'nOnE' }, signature: () => 'AA' })),
  'HS256 with the public key': bearer(jwt({ header: { alg: 'HS256' }, signature: hs256 })),
  'RS256 with the key of ES256': bearer(jwt({ header: { kid: 'ES256' } })),
  'ES256 named RS256': bearer(jwt({ alg: 'ES256', header: { alg: 'RS256', kid: 'RS256' } })),
  'an ES256 signature in DER': bearer(jwt({ alg: 'ES256', signature: der })),
  'a signature of zeros': bearer(jwt({ alg: 'ES256', signature: () => Buffer.alloc(64).toString('base64url') })),
  'a key that nobody knows': bearer(jwt({ header: { kid: 'x' } })),
  'a key that the token brings': bearer(jwt({ header: { jwk: jwk(stranger, 'RS256') }, key: stranger.privateKey })),
  'a key elsewhere': bearer(jwt({ header: { jku: 'http://127.0.0.1:9/keys' }, key: stranger.privateKey })),
  'a signature of somebody else': bearer(jwt({ key: stranger.privateKey })),
  'claims changed after signing': bearer(jwt().split('.').map((p, i) => i === 1 ? b64(claims({ workspace: 'victim' })) : p).join('.')),
  'a token that has expired': bearer(jwt({ more: { exp: seconds() - 60 } })),
  'a token without an end': bearer(jwt({ more: { exp: undefined } })),
  'a token whose end is text': bearer(jwt({ more: { exp: `${seconds() + 600}` } })),
  'a token that is not valid yet': bearer(jwt({ more: { nbf: seconds() + 600 } })),
  'a token for somebody else': bearer(jwt({ more: { aud: 'other' } })),
  'a token of another issuer': bearer(jwt({ more: { iss: 'https://issuer/' } })),
  'a token without a workspace': bearer(jwt({ more: { workspace: undefined } })),
  'a token whose workspace is a list': bearer(jwt({ more: { workspace: ['victim'] } })),
  'an extension that must be understood': bearer(jwt({ header: { crit: ['exp'] } })),
  'a header with two algs': bearer((() => {
    const text = `${b64('{"alg":"none","kid":"RS256","alg":"RS256"}')}.${b64(claims())}`
    return `${text}.${signers.RS256(Buffer.from(text)).toString('base64url')}`
  })()),
  'four parts': bearer(`${jwt()}.x`),
  'a signature with padding': bearer(`${jwt()}=`)
}

for (const anonymous of [undefined, 'nobody']) {
  e2e(`${Object.keys(impostors).length} who are not who they say they are${anonymous ? ', where anonymous senders are welcome' : ''}`, { timeoutMs: 120000 }, async (t) => {
    const { gateway, recorder } = await world(t, { workspaces: { anonymous } })
    let landed = 0
    for (const [what, headers] of Object.entries(impostors)) {
      const answer = await gateway.post(undefined, log(headers)).catch((e) => assert.fail(`${what}: ${e} ${JSON.stringify(gateway.child.how)} ${gateway.child.stderr.toString().slice(-400)}`))
      const isNobody = anonymous && headers.Authorization === undefined
      landed += isNobody ? 1 : 0
      assert.equal(answer.status, isNobody ? 200 : 401, what)
      if (!isNobody) assert.match(answer.headers['www-authenticate'], /^Bearer /, what)
    }
    for (const r of await recorder.take(landed)) assert.equal(r.header('x-scope-orgid'), 'nobody')
  })
}

e2e('a token of a workspace that does not exist is 403', async (t) => {
  const { gateway, recorder } = await world(t)
  for (const workspace of ['nowhere', 'Victim', ' victim', 'victim-tenant', 'victim\u0000']) {
    const { status } = await gateway.post(undefined, log(bearer(jwt({ more: { workspace } }))))
    assert.ok(status === 403 || status === 401, `${workspace}: ${status}`)
  }
  assert.equal(recorder.count(), 0)
})

// ---- to be refused or overwritten: what one is not ----

const spans = (span) => json(PATHS.traces, { resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', name: 'n', startTimeUnixNano: NOW, endTimeUnixNano: NOW, ...span }] }] }] })
const metric = (m) => json(PATHS.metrics, { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'n', ...m }] }] }] })
const point = (p) => metric({ gauge: { dataPoints: [{ asInt: '1', timeUnixNano: NOW, ...p }] } })

const disguises = {
  'headers of tenants and controls': log({ ...bearer(token), [HEADER]: 'victim', 'x-scope-orgid': 'victim', 'X-Loki-Backfill-Shard': 'victim', 'X-Mimir-SkipLabelCountValidation': 'true', 'X-Tenant': 'victim', 'X-Prometheus-Remote-Write-Version': 'victim', Cookie: 'tenant=victim', Forwarded: 'for=victim', 'X-Forwarded-User': 'victim', Baggage: 'tenant=victim' }),
  'the query': json(`${PATHS.logs}?tenant=victim&X-Scope-OrgID=victim`, logs()),
  'a resource attribute': log(undefined, logs({ attributes: [attribute(LABEL)] })),
  'two of them': log(undefined, logs({ attributes: [attribute(LABEL), attribute('a', 'b'), attribute(LABEL)] })),
  'one that is a number': log(undefined, logs({ attributes: [{ key: LABEL, value: { intValue: 7 } }, attribute('a', 'b')] })),
  'one that is a map': log(undefined, logs({ attributes: [{ key: LABEL, value: { kvlistValue: { values: [attribute('x')] } } }] })),
  'a key with \\u escapes': log(undefined, JSON.stringify(logs({ attributes: [attribute('workspaceXid')] })).replace('workspaceXid', '\\u0077orkspace\\u005fid')),
  'a key with dots, as Loki and Prometheus rewrite it': log(undefined, logs({ attributes: [attribute('workspace.id')] })),
  'a key in capitals': log(undefined, logs({ attributes: [attribute('WORKSPACE_ID')] })),
  'a key with many underscores': log(undefined, logs({ attributes: [attribute('workspace____id')] })),
  'snake case names': json(PATHS.logs, { resource_logs: [{ resource: { attributes: [{ key: LABEL, value: { string_value: 'victim' } }] }, scope_logs: [{ log_records: [{ body: { string_value: 'hi' } }] }] }] }),
  'the value before the key': log(undefined, '{"resourceLogs":[{"resource":{"attributes":[{"value":{"stringValue":"victim"},"key":"workspace_id"}]},"scopeLogs":[{"logRecords":[{"body":{"stringValue":"hi"}}]}]}]}'),
  'two keys in one attribute': log(undefined, '{"resourceLogs":[{"resource":{"attributes":[{"key":"a","key":"workspace_id","value":{"stringValue":"victim"}}]},"scopeLogs":[{"logRecords":[{"body":{"stringValue":"hi"}}]}]}]}'),
  'two resources': log(undefined, '{"resourceLogs":[{"resource":{"attributes":[]},"resource":{"attributes":[{"key":"x","value":{"stringValue":"victim"}}]}}]}'),
  'two lists of attributes': log(undefined, '{"resourceLogs":[{"resource":{"attributes":[],"attributes":[{"key":"x","value":{"stringValue":"victim"}}]}}]}'),
  'a resource that is null': log(undefined, '{"resourceLogs":[{"resource":null,"scopeLogs":[{"logRecords":[{"body":{"stringValue":"hi"}}]}]}]}'),
  'a second group without a resource': log(undefined, { resourceLogs: [...logs({ attributes: [attribute('a', 'b')] }).resourceLogs, { scopeLogs: [{ logRecords: [{ body: any('hi') }] }] }] }),
  'a scope attribute': log(undefined, logs({}, {}, { name: 's', attributes: [attribute(LABEL)] })),
  'a record attribute': log(undefined, logs({}, { attributes: [attribute(LABEL)] })),
  'inside an attribute that is a map': log(undefined, logs({}, { attributes: [{ key: 'm', value: { kvlistValue: { values: [attribute(LABEL), attribute('a', 'b')] } } }] })),
  'the library of old senders': json(PATHS.logs, { resourceLogs: [{ instrumentationLibraryLogs: [{ logRecords: [{ attributes: [attribute(LABEL)], body: any('hi') }] }] }] }),
  'a static label of the workspace': log(undefined, logs({ attributes: [attribute('env')] }, { attributes: [attribute('Env')] })),
  "Loki's own names": log(undefined, logs({ attributes: [attribute('__aggregated_metric__'), attribute('__pattern__'), attribute('__backfill_job__')] })),
  'a span attribute': spans({ attributes: [attribute(LABEL)] }),
  'a span event': spans({ events: [{ name: 'e', timeUnixNano: NOW, attributes: [attribute(LABEL)] }] }),
  'a span link': spans({ links: [{ traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', attributes: [attribute(LABEL)] }] }),
  'a data point': point({ attributes: [attribute(LABEL)] }),
  'labels of old data points': point({ labels: [{ key: LABEL, value: 'victim' }] }),
  'an exemplar': point({ exemplars: [{ timeUnixNano: NOW, asInt: '1', filteredAttributes: [attribute(LABEL)] }] }),
  'metric metadata': metric({ gauge: { dataPoints: [{ asInt: '1', timeUnixNano: NOW }] }, metadata: [attribute(LABEL)] }),
  'protobuf: a resource attribute': protobuf(PATHS.logs, len(1, len(1, pair(1, LABEL), pair(1, 'a', 'b')), len(2, len(2, len(5, len(1, 'hi')))))),
  'protobuf: value first, key last': protobuf(PATHS.logs, len(1, len(1, len(1, len(2, len(1, 'victim')), len(1, LABEL))), len(2, len(2, len(5, len(1, 'hi')))))),
  'protobuf: the resource last': protobuf(PATHS.logs, len(1, len(2, len(2, len(5, len(1, 'hi')))), len(1, pair(1, LABEL)))),
  'protobuf: two resources': protobuf(PATHS.logs, len(1, len(1, pair(1, 'a', 'b')), len(2, len(2, len(5, len(1, 'hi')))), len(1, pair(1, 'x')))),
  'protobuf: lengths that are not minimal': protobuf(PATHS.logs, Buffer.concat([Buffer.from([0x0a, 0xa6, 0x80, 0x00]), len(1, pair(1, LABEL)), len(2, len(2, len(5, len(1, 'hi'))))].reduce(([a, n], b) => [Buffer.concat([a, b]), n], [Buffer.alloc(0), 0]).slice(0, 1))),
  'protobuf: the old number of scopes': protobuf(PATHS.logs, len(1, len(1000, len(2, pair(6, LABEL), len(5, len(1, 'hi')))))),
  'protobuf: a data point': protobuf(PATHS.metrics, len(1, len(2, len(2, len(1, 'n'), len(5, len(1, fixed64(3, NOW), fixed64(6, 1), pair(7, LABEL))))))),
  'a Loki label': loki({ stream: { [LABEL]: 'victim', a: 'b' } }),
  'a Loki label alone': loki({ stream: { [LABEL]: 'victim' } }),
  'no Loki labels at all': loki({}),
  'Loki labels that are null': loki({ stream: null }),
  'two Loki labels of one name': json(PATHS.loki_push, `{"streams":[{"stream":{"a":"b","workspace_id":"victim","workspace_id":"victim"},"values":[["${NOW}","hi"]]}]}`),
  'two objects of Loki labels': json(PATHS.loki_push, `{"streams":[{"stream":{"a":"b"},"stream":{"x":"victim"},"values":[["${NOW}","hi"]]}]}`),
  'a Loki label with \\u escapes': json(PATHS.loki_push, `{"streams":[{"stream":{"workspace\\u005fid":"victim","a":"b"},"values":[["${NOW}","hi"]]}]}`),
  'a Loki label that breaks out': loki({ stream: { 'a="b",workspace_id': 'victim' } }),
  'structured metadata': json(PATHS.loki_push, { streams: [{ stream: { a: 'b' }, values: [[NOW, 'hi', { [LABEL]: 'victim', c: 'd' }]] }] }),
  "Loki's own labels": loki({ stream: { __aggregated_metric__: 'victim', __pattern__: 'victim', __backfill_x: 'victim', a: 'b' } }),
  'label text': protobuf(PATHS.loki_push, len(1, len(1, `{a="b", ${LABEL}="victim"}`), len(2, time, len(2, 'hi')))),
  'label text with escapes': protobuf(PATHS.loki_push, len(1, len(1, '{a="b", "workspace\\u005fid"="\\x76ictim"}'), len(2, time, len(2, 'hi')))),
  'label text in backquotes': protobuf(PATHS.loki_push, len(1, len(1, '{a="b", `workspace_id`=`victim`}'), len(2, time, len(2, 'hi')))),
  'label text twice': protobuf(PATHS.loki_push, len(1, len(1, '{a="b"}'), len(2, time, len(2, 'hi')), len(1, '{x="victim"}'))),
  'no label text': protobuf(PATHS.loki_push, len(1, len(2, time, len(2, 'hi')))),
  'a comment in label text': protobuf(PATHS.loki_push, len(1, len(1, '{a="b" #, workspace_id="victim"\n}'), len(2, time, len(2, 'hi')))),
  'metadata in protobuf': protobuf(PATHS.loki_push, len(1, len(1, '{a="b"}'), len(2, time, len(2, 'hi'), len(3, len(1, LABEL), len(2, 'victim')))))
}

// Every place that names a workspace, in all that arrived at the backend.
function assertMine (request, what) {
  assert.equal(request.header('x-scope-orgid'), 'mine', what)
  assert.equal(request.head.toString('latin1').includes('victim'), false, `${what}: head`)
  assert.equal(request.target.includes('victim'), false, `${what}: target`)
  assert.equal(request.plain.includes('victim'), false, `${what}: ${request.plain}`)
  assert.ok(request.plain.includes(LABEL) && request.plain.includes('mine'), `${what}: no label in ${request.plain}`)
}

e2e(`${Object.keys(disguises).length} bodies and heads that claim to be another workspace's`, { timeoutMs: 120000 }, async (t) => {
  const { gateway, recorder } = await world(t)
  let landed = 0
  for (const [what, request] of Object.entries(disguises)) {
    const { status, text } = await gateway.post(undefined, request)
    assert.ok([200, 204, 400].includes(status), `${what}: ${status} ${text}`)
    landed += status === 400 ? 0 : 1
    const all = await recorder.take(landed)
    if (status !== 400) assertMine(all.at(-1), what)
  }
  assert.ok(landed > Object.keys(disguises).length / 2, 'most of them go on, as mine')
  const metrics = await gateway.admin('/metrics')
  assert.match(metrics.text, /redactd_labels_overwritten_total\{workspace_id="mine",signal="logs"\} [1-9]/)
})

e2e('refuse: a request with a reserved name is 400, the same without it goes on', async (t) => {
  const { gateway, recorder } = await world(t, { workspaces: { client_label: 'refuse' } })
  assert.equal((await gateway.post(undefined, log(undefined, logs({ attributes: [attribute(LABEL)] })))).status, 400)
  assert.equal((await gateway.post(undefined, loki({ stream: { [LABEL]: 'mine' } }))).status, 400)
  assert.equal((await gateway.post(undefined, log())).status, 200)
  await recorder.take(1)
})

e2e('heads that two readers could read differently', async (t) => {
  const { gateway, recorder } = await world(t, { networks: ['127.0.0.0/8'] })
  const body = JSON.stringify(logs())
  const send = (...fields) => rawExchange(gateway.port, ['POST /v1/logs HTTP/1.1', 'Host: x', 'Content-Type: application/json', `Content-Length: ${body.length}`, ...fields, '', body].join('\r\n'))
  const rows = {
    'two Authorization headers': [`Authorization: Bearer ${token}`, `Authorization: Bearer ${victimToken}`],
    'a folded one': [`Authorization: Bearer ${token}`, ` ${victimToken}`],
    'a header with a space before the colon': [`${HEADER} : victim`],
    'two trusted headers': [`${HEADER}: mine`, `${HEADER}: victim`],
    'two in one': [`${HEADER}: mine,victim`],
    'a trusted header that names nobody': [`${HEADER}: nowhere`]
  }
  for (const [what, fields] of Object.entries(rows)) {
    const { answers } = await send(...fields)
    assert.ok([400, 401, 403].includes(answers[0].status), `${what}: ${answers[0].status}`)
  }
  assert.equal(recorder.count(), 0)
  // from a trusted network the header is believed, unless there is something better
  assert.equal((await send(`${HEADER}: victim`)).answers[0].status, 200)
  assert.equal((await send(`${HEADER}: victim`, `Authorization: Bearer ${token}`)).answers[0].status, 200)
  const [first, next] = await recorder.take(2)
  assert.equal(first.header('x-scope-orgid'), 'victim-tenant')
  assert.equal(next.header('x-scope-orgid'), 'mine')
})

e2e('client certificates: their names, another authority, and what they may say in a header', async (t) => {
  const certs = certificates()
  const other = certificates()
  const port = await freePort()
  const read = (c, name) => readFileSync(c.file(name))
  const cert = new X509Certificate(read(certs, 'client.pem'))
  const tls = { certificate: certs.file('server.pem'), key: certs.file('server.key'), client_ca: certs.file('ca.pem'), client_certificate: 'optional' }
  const mine = (name) => [{ name: 'mine', certificates: [name] }, { name: 'victim', tokens: [victimHash] }]
  const fingerprint = `sha256:${cert.fingerprint256.replaceAll(':', '').toLowerCase()}`
  const { gateway, recorder, config } = await world(t, { listeners: [{ address: `127.0.0.1:${port}`, tls }], workspaces: { list: mine(fingerprint) } })
  const post = (headers = {}, options = {}) => new Promise((resolve, reject) => {
    const { path, headers: more, body } = log(headers)
    const req = httpsRequest({ host: 'localhost', family: 4, port, method: 'POST', path, ca: read(certs, 'ca.pem'), agent: false, headers: { ...more, 'Content-Length': body.length }, ...options }, (res) => {
      res.resume()
      res.on('end', () => resolve(res.statusCode))
    })
    req.on('error', reject)
    req.end(body)
  })
  const own = { cert: read(certs, 'client.pem'), key: read(certs, 'client.key') }
  const foreign = { cert: read(other, 'client.pem'), key: read(other, 'client.key') }
  const arrive = async (n, name) => assert.equal((await recorder.take(n)).at(-1).header('x-scope-orgid'), name)
  const reload = async (list, more = {}) => {
    const before = gateway.event('config_loaded').length
    gateway.configure({ ...config, workspaces: { ...config.workspaces, list, ...more } })
    gateway.signal('SIGHUP')
    await until('the reload', () => gateway.event('config_loaded').length > before)
  }
  assert.equal(await post({}, own), 200)
  await arrive(1, 'mine')
  await assert.rejects(post({}, foreign), 'a certificate of another authority with the same names')
  assert.equal(await post(), 401)
  assert.equal(await post({ [HEADER]: 'victim' }, own), 200) // the certificate decides
  await arrive(2, 'mine')
  const subject = `subject:${cert.subject.split('\n').reverse().join(',')}`
  await reload(mine(subject))
  assert.equal(await post({}, own), 200, subject)
  await arrive(3, 'mine')
  for (const name of cert.subjectAltName?.split(', ') ?? []) {
    await reload(mine(name.replace(/^DNS:/, 'dns:').replace(/^URI:/, 'uri:').replace(/^email:/, 'email:')))
    assert.equal(await post({}, own), 200, name)
  }
  // a certificate that no workspace names opens the connection, and no more
  const n = recorder.count()
  await reload(mine('subject:CN=somebody'))
  assert.equal(await post({}, own), 403)
  assert.equal(await post(bearer(victimToken), own), 200)
  await arrive(n + 1, 'victim')
  assert.equal(await post({ [HEADER]: 'victim' }, own), 403, 'a certificate is not enough to be believed')
  await reload(mine('subject:CN=somebody'), { header: { with_certificate: true } })
  assert.equal(await post({ [HEADER]: 'victim' }, own), 200)
  await arrive(n + 2, 'victim')
  assert.equal(await post({ [HEADER]: 'victim' }), 401)
})

e2e('the file of workspaces: a new token without a restart, an old one gone, a mistake changes nothing', async (t) => {
  const dir = tempDir()
  const file = join(dir, 'ws.yaml')
  const put = (text) => {
    writeFileSync(`${file}.new`, text)
    renameSync(`${file}.new`, file)
  }
  const entry = (...hashes) => `version: 1\nworkspaces:\n  - name: filed\n    tokens: [${hashes.join(', ')}]\n`
  put(entry(sha256('first-token-of-filed-0123456789')))
  const { gateway, recorder } = await world(t, { workspaces: { file } })
  const status = async (credential) => (await gateway.post(undefined, log(bearer(credential)))).status
  assert.equal(await status('first-token-of-filed-0123456789'), 200)
  assert.equal(await status('second-token-of-filed-012345678'), 401)
  put(entry(sha256('first-token-of-filed-0123456789'), sha256('second-token-of-filed-012345678')))
  await until('the new token', async () => await status('second-token-of-filed-012345678') === 200)
  assert.equal(await status('first-token-of-filed-0123456789'), 200)
  put(entry(sha256('second-token-of-filed-012345678')))
  await until('the old token to be gone', async () => await status('first-token-of-filed-0123456789') === 401)
  put('version: 1\nworkspaces:\n  - name: filed\n    tokns: []\n')
  await until('the mistake to be told', () => gateway.event('workspaces_rejected').length === 1)
  assert.equal(await status('second-token-of-filed-012345678'), 200)
  assert.ok(gateway.event('workspaces_loaded').length >= 2)
  for (const r of recorder.requests()) assert.equal(r.header('x-scope-orgid'), 'filed')
})

e2e('keys of signed tokens: a new one without a restart, the old one gone', async (t) => {
  const { gateway, dir } = await world(t)
  const put = (text) => {
    writeFileSync(join(dir, 'keys.new'), text)
    renameSync(join(dir, 'keys.new'), join(dir, 'keys.json'))
  }
  const status = async (options) => (await gateway.post(undefined, log(bearer(jwt(options))))).status
  const by = { key: stranger.privateKey, header: { kid: 'new' } }
  assert.equal(await status(), 200)
  assert.equal(await status(by), 401)
  put(jwks(jwk(stranger, 'new')))
  await until('the new key', async () => await status({ ...by, more: { jti: `${Math.random()}` } }) === 200)
  assert.equal(await status(), 401)
  put(jwks({ kty: 'oct', k: 'AAAA' }))
  await until('the mistake to be told', () => gateway.event('workspaces_rejected').length === 1)
  assert.equal(await status(by), 200)
})

e2e('a pause that the backend asked for holds for who is known late as well, and for that tenant only', async (t) => {
  const { gateway, recorder } = await world(t)
  const send = (headers) => gateway.post(undefined, log(headers))
  await recorder.script({ status: 429, headers: { 'Retry-After': '30' } })
  assert.equal((await send(basic('bob', 'geheim'))).status, 429)
  await recorder.take(1)
  await recorder.script({})
  const held = await send(basic('bob', 'neu')) // a password that has to be checked first
  assert.equal(held.status, 429)
  assert.ok(Number(held.headers['retry-after']) > 20)
  assert.equal(recorder.count(), 1)
  assert.equal((await send(bearer(victimToken))).status, 200)
})

e2e('an operator blocks a workspace for a while: 429 with the time left, over reloads, and nobody else notices', async (t) => {
  const { gateway, recorder, dir } = await world(t)
  writeFileSync(join(dir, 'token'), 'operator-token-0123456789\n', { mode: 0o600 })
  gateway.configure({ ...JSON.parse(readFileSync(gateway.file)), admin: { token_file: 'token' } })
  gateway.signal('SIGHUP')
  await until('the reload', () => gateway.event('config_loaded').length === 1)
  const verb = (...args) => execFileSync(REDACTD, ['workspace', ...args, '--admin', `127.0.0.1:${gateway.adminPort}`, '--token-file', join(dir, 'token')], { stdio: ['ignore', 'pipe', 'pipe'] }).toString()
  const send = (headers) => gateway.post(undefined, log(headers))
  assert.match(verb('ls'), /^NAME .*\nmine .*\nvictim .*victim-tenant/)
  const shown = JSON.parse(verb('show', 'mine', '--json'))
  assert.deepEqual([shown.tenant, shown.tokens, shown.passwords, shown.labels, shown.blocked_until], ['mine', 2, 2, { env: 'prod' }, null])
  assert.equal(JSON.stringify(shown).includes(hash), false, 'no hash is shown')
  verb('block', 'mine', '--ttl', '1h')
  const blocked = await send(bearer(token))
  assert.equal(blocked.status, 429)
  assert.ok(Number(blocked.headers['retry-after']) > 0 && Number(blocked.headers['retry-after']) <= 300)
  assert.equal((await send(basic('bob', 'geheim'))).status, 429, 'also when the password had to be checked')
  assert.equal((await send(bearer(victimToken))).status, 200)
  gateway.signal('SIGHUP')
  await until('the reload', () => gateway.event('config_loaded').length === 2)
  assert.equal((await send(bearer(token))).status, 429)
  verb('unblock', 'mine')
  assert.equal((await send(bearer(token))).status, 200)
  verb('block', 'mine')
  assert.equal((await send(bearer(token))).status, 429)
  assert.throws(() => verb('block', 'nowhere'), /no such workspace/)
  assert.throws(() => verb('block', 'mine', '--ttl', 'soon'), /duration/)
  const calls = gateway.event('admin_call').map(({ action, target, result }) => [action, target, result])
  assert.deepEqual(calls.slice(0, 3).map(([action, target]) => [action, target]), [['workspace_block', 'mine'], ['workspace_unblock', 'mine'], ['workspace_block', 'mine']])
  assert.equal((await recorder.take(2)).length, 2)
})

e2e('who sends a password and then his body slowly keeps nobody from having his own checked', async (t) => {
  const config = { ...configTo({ store: 'data' }), workspaces: { list: list() } }
  const gateway = await Gateway.start(t, { config })
  const head = ['POST /v1/logs HTTP/1.1', 'Host: x', 'Content-Type: application/json', 'Content-Length: 1000', `Authorization: ${basic('eve', 'guess').Authorization}`, 'Expect: 100-continue', '', ''].join('\r\n')
  const slows = []
  for (let i = 0; i < 8; i++) {
    const slow = await Raw.open(gateway.port)
    slows.push(slow)
    slow.send(head)
    await until('the head to have been judged', () => slow.received.includes('100 Continue'))
  }
  assert.equal((await gateway.post(undefined, log(basic('eve', 'hidden')))).status, 200)
  slows.forEach((slow) => slow.close())
})

e2e('who tries many passwords waits for himself: others get in at the first try', { timeoutMs: 120000 }, async (t) => {
  const { gateway, recorder } = await world(t)
  const agent = new Agent({ localAddress: '127.0.0.2', keepAlive: true, maxSockets: 16 })
  t.after(() => agent.destroy())
  const seen = { 401: 0, 503: 0 }
  let over = false
  const attack = async (i) => {
    for (let k = 0; !over; k++) {
      const answer = await gateway.post(undefined, { ...log(basic('eve', `wrong-${i}-${k}`)), agent, timeoutMs: 60000 })
      seen[answer.status]++
      if (answer.status === 503) assert.ok(Number(answer.headers['retry-after']) >= 1)
    }
  }
  const attacks = Promise.all(Array(16).fill(0).map((_, i) => attack(i)))
  await until('the line to be full', () => seen[503] > 0 && seen[401] > 0, 30000)
  for (const [user, password] of [['bob', 'geheim'], ['eve', 'hidden'], ['bob', 'neu']]) {
    assert.equal((await gateway.post(undefined, { ...log(basic(user, password)), timeoutMs: 60000 })).status, 200, `${user}, also of the workspace that is attacked`)
  }
  over = true
  await attacks
  assert.deepEqual(Object.keys(seen), ['401', '503'])
  assert.equal((await recorder.take(3)).length, 3)
})
