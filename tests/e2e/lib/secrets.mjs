// SPDX-License-Identifier: MIT
// Secrets that the tests plant, and the search for them in everything that leaves or is shown. A secret counts as
// leaked in any spelling a reader could undo: letter case, JSON and percent escapes, base64.
import assert from 'node:assert/strict'

export const EMAIL = 'ana.leakword@shop.example'
export const EMAIL_MASKED = 'a***@shop.example'
export const MASK = '***'

// For keys whose values are masked or dropped whatever they hold.
export const BY_KEY = {
  user_id: 'uid-leakword-4711',
  'Session-ID': 'sid-leakword-0815',
  'enduser.email': 'not an address but leakword-email',
  requestId: 'rid-leakword-77',
  token: 'tok-leakword-abc',
  Authorization: 'Bearer leakword-bearer',
  'x.api.key': 'key-leakword-1234567890',
  secret: 'leakword-shh',
  'client.ip': '203.0.113.77'
}

export const SECRETS = [EMAIL, 'leakword', '203.0.113.77']

function jsonUnescape (text) {
  const short = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, hex, c) =>
    hex ? String.fromCharCode(parseInt(hex, 16)) : short[c] ?? c)
}

function percentDecode (text) {
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)))
}

function * base64Runs (text) {
  for (const [run] of text.matchAll(/[A-Za-z0-9+/_-]{8,}={0,2}/g)) {
    // Every alignment: text before the run may belong to the same class of characters.
    for (let i = 0; i < 4; i++) yield Buffer.from(run.slice(i), 'base64').toString('latin1')
  }
}

function * views (text) {
  yield text
  const unescaped = jsonUnescape(text)
  yield unescaped
  yield jsonUnescape(unescaped)
  yield percentDecode(unescaped)
  yield * base64Runs(unescaped)
}

// The secrets that occur in `data` (string or Buffer).
export function findSecrets (data, secrets = SECRETS) {
  const text = Buffer.isBuffer(data) ? data.toString('latin1') : data
  const found = new Set()
  for (const view of views(text)) {
    const lower = view.toLowerCase()
    for (const s of secrets) if (lower.includes(s.toLowerCase())) found.add(s)
  }
  return [...found]
}

export function assertClean (where, data, secrets = SECRETS) {
  const found = findSecrets(data, secrets)
  if (found.length > 0) assert.fail(`${where} shows ${found.map((s) => JSON.stringify(s)).join(', ')}`)
}
