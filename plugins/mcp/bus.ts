// Carries messages between the parts of the endpoint, on this instance and, with Redis, on all others that share it (MCP "Subscriptions"; sessions of several instances).
import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type { Cluster, Redis } from 'ioredis'

/** Delivers at most once, in order of each sender. What is missed while Redis is away is lost: a client that must know asks again. */
export interface Bus {
  publish (topic: string, message: unknown): void
  /** @returns ends it. A listener must not throw. */
  subscribe (topic: string, listener: (message: unknown) => void): () => void
  close (): void
}

export function createLocalBus (): Bus {
  const emitter = new EventEmitter().setMaxListeners(0)
  return {
    publish: (topic, message) => { emitter.emit(topic, message) },
    subscribe (topic, listener) {
      emitter.on(topic, listener)
      return () => { emitter.off(topic, listener) }
    },
    close: () => { emitter.removeAllListeners() }
  }
}

/** One channel for everything: each instance throws away what nobody there listens to. @throws StorageUnavailable if Redis does not answer. */
export async function connectBus (url: string, log: { warn (message: string): void }): Promise<Bus> {
  const { connectRedis } = await import('../storage/redis-connection.ts')
  const local = createLocalBus()
  const self = randomUUID()
  const [sender, receiver] = await Promise.all([connectRedis(url, log), connectRedis(url, log)])
  const channel = `${sender.options.keyPrefix ?? ''}mcp:bus`
  receiver.on('message', (_channel, text) => {
    const { from, topic, message } = JSON.parse(text) as { from: string, topic: string, message: unknown }
    if (from !== self) local.publish(topic, message)
  })
  // After an interruption ioredis subscribes again by itself.
  await receiver.subscribe(channel)
  return {
    subscribe: local.subscribe,
    publish (topic, message) {
      local.publish(topic, message)
      send(sender, channel, JSON.stringify({ from: self, topic, message }), log)
    },
    close () {
      local.close()
      sender.disconnect()
      receiver.disconnect()
    }
  }
}

function send (redis: Redis | Cluster, channel: string, text: string, log: { warn (message: string): void }): void {
  redis.publish(channel, text).catch((error: Error) => log.warn(`Other instances could not be told: ${error.message}`))
}
