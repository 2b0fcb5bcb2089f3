// `app.bus`: carries messages between the parts of the server: on this instance and, with Redis, on all others that share
// it (MCP "Subscriptions"; sessions on several instances).
import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Redis } from 'ioredis'
import { z } from 'zod'
import { ACL_LINE } from './storage/redis/acl.ts'
import { StartError } from '../errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    bus: EventBus
  }
}

/** To be raised when messages change their form: instances of two versions then ignore each other during an update. */
const VERSION = 1
const MIN_MS_BETWEEN_WARNINGS = 60_000
/** Whoever only listens would never notice that a connection carries nothing any more. */
const PING_EVERY_MS = 1_000

type Log = { warn(details: object, message: string): void }

/**
 * Delivers at most once, in the order of each sender. What is published while Redis is away is lost: a client that must
 * know asks again.
 */
export interface EventBus {
  publish(topic: string, message: unknown): void
  /**
   * @param schema what other instances send is dropped where it does not fit: anything may be written into a shared
   * Redis.
   * @param listener what it throws is logged.
   * @returns what unsubscribes.
   */
  subscribe<T>(topic: string, schema: z.ZodType<T>, listener: (message: T) => void): () => void
  close(): void
}

interface Options {
  /** Instances exchange messages through it. */
  redisUrl?: string | undefined
}

export default fp(
  async function eventBus (app: FastifyInstance, { redisUrl }: Options) {
    // The channel of a Redis that several servers share is named by a value that only instances of one server know.
    const bus =
      redisUrl === undefined
        ? createLocalEventBus(app.log)
        : await connectEventBus(redisUrl, app.sealing.mac('mcp bus', 'channel').slice(0, 22), app.log)
    app.decorate('bus', bus)
    app.addHook('onClose', async () => bus.close())
  },
  { name: 'event-bus', dependencies: ['storage'] }
)

interface LocalBus extends EventBus {
  /** Delivers a message from outside of this process. */
  receive(topic: string, message: unknown): void
  /** Logs that something was dropped, at most once a minute. */
  warn(err: unknown): void
}

export function createLocalEventBus (log: Log = { warn () {} }): LocalBus {
  const emitter = new EventEmitter().setMaxListeners(0)
  let warnedAt = -Infinity
  const warn = (err: unknown) => {
    if (performance.now() - warnedAt < MIN_MS_BETWEEN_WARNINGS) return
    warnedAt = performance.now()
    log.warn({ err }, 'a message between instances was dropped')
  }
  return {
    warn,
    publish: (topic, message) => {
      emitter.emit(topic, message, false)
    },
    receive: (topic, message) => {
      emitter.emit(topic, message, true)
    },
    subscribe (topic, schema, listener) {
      const deliver = (message: unknown, isForeign: boolean) => {
        try {
          // What this process publishes itself is typed.
          listener(isForeign ? schema.parse(message) : (message as z.infer<typeof schema>))
        } catch (error) {
          warn(error)
        }
      }
      emitter.on(topic, deliver)
      return () => {
        emitter.off(topic, deliver)
      }
    },
    close: () => {
      emitter.removeAllListeners()
    }
  }
}

const Envelope = z.object({ from: z.string(), topic: z.string(), message: z.unknown() })

/**
 * One channel for everything: each instance drops what it has no subscriber for.
 * @param keyCheck part of the channel's name, so that only instances with the same secret key reach each other.
 * @throws StartError if Redis does not answer or does not allow the channel.
 */
export async function connectEventBus (
  url: string,
  keyCheck: string,
  log: Log & { warn(message: string): void }
): Promise<EventBus> {
  const { connectRedis } = await import('./storage/redis/connection.ts')
  const local = createLocalEventBus(log)
  const self = randomUUID()
  const [sender, receiver] = await Promise.all([connectRedis(url, log), connectRedis(url, log)])
  // Redis does not separate the channels of its databases.
  const { db: database = 0 } = sender.options as { db?: number }
  const channel = `${sender.options.keyPrefix ?? ''}mcp:bus:${VERSION}:${database}:${keyCheck}`
  receiver.on('message', (_channel, text) => {
    try {
      const { from, topic, message } = Envelope.parse(JSON.parse(text))
      if (from !== self) local.receive(topic, message)
    } catch (error) {
      local.warn(error)
    }
  })
  try {
    await receiver.subscribe(channel)
  } catch (error) {
    sender.disconnect()
    receiver.disconnect()
    const { message } = error as Error
    throw new StartError(
      `REDIS_URL: Redis does not let instances reach each other (${message}). Give the account its rights (docs/operations.md), for example: ${ACL_LINE}`,
      { cause: error }
    )
  }
  // A connection that came back has no subscriptions. If this one breaks too, the next one subscribes.
  receiver.on('ready', () => {
    receiver.subscribe(channel).catch((error: Error) => log.warn(`Redis: ${error.message}`))
  })
  const pings = setInterval(() => receiver.ping().catch(() => {}), PING_EVERY_MS).unref()
  return {
    subscribe: local.subscribe,
    publish (topic, message) {
      local.publish(topic, message)
      send(sender, channel, JSON.stringify({ from: self, topic, message }), log)
    },
    close () {
      local.close()
      clearInterval(pings)
      sender.disconnect()
      receiver.disconnect()
    }
  }
}

function send (
  redis: Pick<Redis, 'publish'>,
  channel: string,
  text: string,
  log: { warn(message: string): void }
): void {
  redis.publish(channel, text).catch((error: Error) => log.warn(`Other instances could not be reached: ${error.message}`))
}
