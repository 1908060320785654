// SPDX-License-Identifier: MIT
// The redaction that a test expects, applied to what a sender sent straight to a backend: a second, simple
// implementation of the first rules on decoded bodies. Whatever it leaves alone must arrive unchanged.
import { EMAIL, EMAIL_MASKED, MASK } from './secrets.mjs'

const KEYS = new Set(['userid', 'sessionid', 'email', 'requestid', 'token', 'authorization', 'apikey', 'secret', 'ip'])
const normal = (name) => name.toLowerCase().replace(/[-_. ]/g, '')

export function isSensitiveKey (key) {
  const segments = key.split('.')
  return segments.some((_, i) => KEYS.has(normal(segments.slice(i).join('.'))))
}

// Keys count inside a text too, where it holds JSON.
const inner = (s) => s.replace(/"([\w.-]+)":"(?:[^"\\]|\\.)*"/g, (pair, key) => isSensitiveKey(key) ? `"${key}":"${MASK}"` : pair)
const text = (s) => inner(s).replaceAll(EMAIL, EMAIL_MASKED)

function attribute (node) {
  const inJson = Object.keys(node.value ?? {}).some((k) => /[A-Z]/.test(k))
  return { ...node, value: { [inJson ? 'stringValue' : 'string_value']: MASK } }
}

function redactObject (node) {
  if (typeof node.key === 'string' && 'value' in node && isSensitiveKey(node.key)) return attribute(node)
  if (typeof node.name === 'string' && typeof node.value === 'string' && isSensitiveKey(node.name)) return { ...node, value: MASK }
  if (typeof node.labels === 'string') node = { ...node, labels: labelText(node.labels) }
  return Object.fromEntries(Object.entries(node).map(([k, v]) => [k, k === 'stream' ? labelMap(v) : redact(v)]))
}

function labelMap (labels) {
  return Object.fromEntries(Object.entries(labels).filter(([k]) => !isSensitiveKey(k)).map(([k, v]) => [k, text(v)]))
}

function labelText (labels) {
  const kept = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].filter(([, k]) => !isSensitiveKey(k))
  return `{${kept.map(([, k, v]) => `${k}="${text(v)}"`).sort().join(', ')}}`
}

// [timestamp, line, {metadata}]
function lokiEntry ([ts, line, metadata]) {
  if (metadata === undefined) return [ts, text(line)]
  return [ts, text(line), Object.fromEntries(Object.entries(metadata).map(([k, v]) => [k, isSensitiveKey(k) ? MASK : text(v)]))]
}

const isLokiEntry = ([ts, line, metadata]) => typeof ts === 'string' && typeof line === 'string' && ['object', 'undefined'].includes(typeof metadata)

export function redact (node) {
  if (typeof node === 'string') return text(node)
  if (Array.isArray(node)) return isLokiEntry(node) ? lokiEntry(node) : node.map(redact)
  if (node && typeof node === 'object') return redactObject(node)
  return node
}
