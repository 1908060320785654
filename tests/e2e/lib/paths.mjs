// SPDX-License-Identifier: MIT
// Where things are. REDACTD_BUILD names a Meson build folder (default: build-test/release, as tests/run.sh makes it).
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')
export const BUILD = resolve(process.env.REDACTD_BUILD ?? join(ROOT, 'build-test/release'))
export const REDACTD = join(BUILD, 'gateway/redactd')
export const RECORDER = join(BUILD, 'tests/upstream/recorder')
export const FAULT_PROXY = join(BUILD, 'tests/upstream/fault_proxy')
export const FLOOD = join(BUILD, 'tests/upstream/flood')
export const MAKE_CERTS = join(ROOT, 'certs/make-dev-certs.sh')
