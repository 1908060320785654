// SPDX-License-Identifier: MIT
// What nearly every test needs: a backend, redactd before it, and a time limit.
import test from 'node:test'
import { Gateway, configTo } from './gateway.mjs'
import { Recorder } from './recorder.mjs'

// Node skips the hooks after one that fails; a process that is not ended then would keep the whole run from ending.
export function endAll (t) {
  const hooks = []
  t.after(async () => {
    const failures = []
    for (const hook of hooks) await Promise.resolve().then(hook).catch((error) => failures.push(error))
    if (failures.length > 0) throw failures[0]
  })
  t.after = (hook) => { hooks.push(hook) }
}

// A test against the gateway. Each is bounded in time.
export function e2e (name, options, fn = options) {
  test(name, { timeout: options.timeoutMs ?? 60000, skip: options.skip }, (t) => {
    endAll(t)
    return fn(t)
  })
}

// {recorder, gateway}; options: upstream and config are merged into the usual configuration,
// recorder goes to the backend. At the end nothing that
// reached the backend may have a fault or show a secret.
export async function world (t, { upstream = {}, config = {}, recorder: strictness, ...more } = {}) {
  const recorder = await Recorder.start(t, strictness)
  t.after(() => recorder.check())
  const all = configTo({ endpoints: [recorder.url], ...upstream }, config)
  const gateway = await Gateway.start(t, { config: all, ...more })
  return { recorder, gateway }
}
