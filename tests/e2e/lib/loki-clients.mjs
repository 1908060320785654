// SPDX-License-Identifier: MIT
// The Loki clients of npm as senders, with fixed times so that two runs send the same. Each returns the errors that the
// client met.
import { once } from 'node:events'
import { BY_KEY, EMAIL } from './secrets.mjs'

const TIME = Date.now() - 60000

export async function sendPino (url) {
  const [{ default: pino }, { pinoLoki }] = await Promise.all([import('pino'), import('pino-loki')])
  const errors = []
  const original = console.error
  console.error = (...words) => errors.push(words.map(String).join(' '))
  try {
    const stream = pinoLoki({ host: url, labels: { job: 'shop', session_id: BY_KEY['Session-ID'], contact: EMAIL }, propsToLabels: ['area'], batching: { interval: 3600 } })
    const logger = pino({ timestamp: () => `,"time":${TIME}` }, stream)
    logger.info({ area: 'north' }, `order of ${EMAIL} paid`)
    logger.error({ meta: { user_id: BY_KEY.user_id, n: 3, plain: 'größe ☃', mail: EMAIL } }, 'with metadata "quoted" \\ back')
    logger.warn('nothing to hide')
    stream.end()
    await once(stream, 'close')
  } finally {
    console.error = original
  }
  return errors
}

export async function sendWinston (url, { json }) {
  const [{ default: winston }, { default: LokiTransport }] = await Promise.all([import('winston'), import('winston-loki')])
  const errors = []
  const transport = new LokiTransport({
    host: url, json, interval: 3600, replaceTimestamp: false, gracefulShutdown: false, timeout: 10000,
    labels: { job: 'shop', session_id: BY_KEY['Session-ID'], contact: EMAIL }, onConnectionError: (e) => errors.push(String(e))
  })
  const logger = winston.createLogger({ transports: [transport] })
  logger.info({ message: `order of ${EMAIL} paid`, timestamp: TIME })
  logger.error({ message: 'with metadata "quoted" \\ back', timestamp: TIME + 1, user_id: BY_KEY.user_id, plain: 'größe ☃', n: 3 })
  logger.info({ message: 'nothing to hide', timestamp: TIME + 2, labels: { area: 'north' } })
  await new Promise((resolve) => setImmediate(resolve)) // winston hands over asynchronously
  await transport.close()
  return errors
}
