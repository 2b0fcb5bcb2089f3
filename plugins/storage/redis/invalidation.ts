// Invalidation of cached records: Redis reports which keys have changed, on a separate connection that must keep
// answering (Redis, "Client-side caching", broadcasting mode).
// Tested in test/plugins/storage/cached.test.ts.
import { Cluster } from 'ioredis'
import type { Watch } from '../contract.ts'
import { ACL_LINE } from './acl.ts'
import { connectRedis } from './connection.ts'

const CHANNEL = '__redis__:invalidate'
/** How long one answer vouches: Redis has reported every change before it, on the same connection. */
const VALID_FOR_MS = 100
const PING_AFTER_MS = 25

/**
 * @param prefix of the keys, with everything before the id of a record.
 * @returns on a Cluster, and where the connection may not be used so, a watch that never vouches.
 */
export async function watchRedis (
  url: string,
  prefix: string,
  changed: (id?: string) => void,
  log: { warn(message: string): void }
): Promise<Watch> {
  // What is changed arrives as a message of the older protocol, which ioredis hands on; of the newer one it does not.
  const receiver = await connectRedis(url, log, { protocol: 2 })
  if (receiver instanceof Cluster) {
    receiver.disconnect()
    return { isCurrent: () => false, close () {} }
  }
  let isListening = false
  const answer = createAnswers(() => receiver.ping())

  async function listen (): Promise<void> {
    try {
      const id = await receiver.client('ID')
      await receiver.client('TRACKING', 'ON', 'REDIRECT', id, 'BCAST', 'PREFIX', prefix)
      await receiver.subscribe(CHANNEL)
      isListening = true
    } catch (error) {
      log.warn(
        `Redis does not report changes, so each call reads its token there: ${(error as Error).message}. Rights that suffice: ${ACL_LINE}`
      )
    }
  }
  receiver.on('messageBuffer', (_channel: Buffer, keys: Buffer[] | null) => {
    if (keys === null) changed()
    else for (const key of keys) changed(key.toString().slice(prefix.length))
  })
  receiver.on('close', () => {
    isListening = false
    answer.forget()
    changed()
  })
  receiver.on('ready', listen)
  await listen()

  return {
    isCurrent () {
      if (isListening && answer.ageMs() > PING_AFTER_MS) answer.ask()
      return isListening && answer.ageMs() < VALID_FOR_MS
    },
    close: () => receiver.disconnect()
  }
}

/** How old the last answer of Redis is, counted from its question. @param ping one question at a time. */
function createAnswers (ping: () => Promise<unknown>) {
  let answeredAt = -Infinity
  let isAsked = false
  return {
    ageMs: () => performance.now() - answeredAt,
    forget () {
      answeredAt = -Infinity
    },
    ask () {
      if (isAsked) return
      isAsked = true
      const askedAt = performance.now()
      ping()
        .then(
          () => {
            answeredAt = askedAt
          },
          () => {
            /* then it vouches for nothing */
          }
        )
        .finally(() => {
          isAsked = false
        })
    }
  }
}
