// SPDX-License-Identifier: MIT
// Reads what the embedded store wrote: JSON lines, the current file and the rotated ones of each signal.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

// Raw text of all files of a signal, or of all signals.
export function storedText (dir, signal = '') {
  if (!existsSync(dir)) return ''
  return readdirSync(dir).filter((f) => f.endsWith('.jsonl') && f.startsWith(signal)).sort().map((f) => readFileSync(join(dir, f), 'utf8')).join('')
}

// Parsed lines; a line that does not parse is an error.
export const storedLines = (dir, signal) => storedText(dir, signal).split('\n').filter(Boolean).map((line) => JSON.parse(line))
