// The bus between instances: over a connection that breaks, what is published after it healed arrives; what others write
// into the channel is dropped; and none of it ends the process.
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { connectEventBus } from '../../plugins/event-bus.ts'
import { startFaultyWire } from '../helpers/faulty-wire.ts'
import { noRedis, startRedis } from '../helpers/redis.ts'

const redis = await startRedis()

t.teardown(() => redis?.stop())

/**
 * A way to Redis that breaks, as soon as it is told to, right when somebody subscribes: the moment that is hardest to
 * stand.
 */
async function breakable (t: Test, port: number) {
  const sockets = new Set<{ destroy(): void }>()
  const way = {
    port: 0,
    breaks: 0,
    cut () {
      for (const socket of sockets) socket.destroy()
    }
  }
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near]
    ] as const) {
      sockets.add(from)
      from
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(from)
          to.destroy()
        })
    }
    near.on('data', (chunk) => {
      if (way.breaks > 0 && /subscribe/i.test(chunk.toString('latin1'))) {
        way.breaks--
        near.destroy()
      } else far.write(chunk)
    })
    far.pipe(near)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  way.port = (server.address() as AddressInfo).port
  t.teardown(() => {
    way.cut()
    server.close()
  })
  return way
}

t.test(
  'messages arrive again after the connection broke, and broke again while it came back',
  { skip: redis ? false : noRedis },
  async (t) => {
    const direct = new URL(redis!.url)
    const way = await breakable(t, Number(direct.port))
    const through = new URL(direct)
    through.port = String(way.port)
    const log = { warn () {} }
    const [here, there] = [
      await connectEventBus(direct.href, 'key', log),
      await connectEventBus(through.href, 'key', log)
    ]
    t.teardown(() => {
      here.close()
      there.close()
    })
    const heard: unknown[] = []
    there.subscribe('topic', z.string(), (message) => heard.push(message))

    way.breaks = 3
    way.cut()
    // What is said while nobody is connected is lost: so it is said until it is heard.
    for (let tries = 0; tries < 200 && heard.length === 0; tries++) {
      here.publish('topic', 'again')
      await sleep(50)
    }
    t.equal(heard[0], 'again')
    t.equal(way.breaks, 0)
  }
)

t.test(
  'what others write into the channel is dropped with one warning; other databases, prefixes and keys are separate (SG-03)',
  { skip: redis ? false : noRedis },
  async (t) => {
    const warnings: unknown[] = []
    const log = {
      warn: (...told: unknown[]) => {
        warnings.push(told)
      }
    }
    const of = (change: (url: URL) => void) => {
      const url = new URL(redis!.url)
      change(url)
      return url.href
    }
    const [here, there, ...others] = [
      await connectEventBus(redis!.url, 'key', log),
      await connectEventBus(redis!.url, 'key', log),
      await connectEventBus(
        of((url) => {
          url.pathname = '/1'
        }),
        'key',
        log
      ),
      await connectEventBus(
        of((url) => {
          url.searchParams.set('keyPrefix', 'another:')
        }),
        'key',
        log
      ),
      await connectEventBus(redis!.url, 'another key', log)
    ] as const
    t.teardown(() => {
      for (const bus of [here, there, ...others]) bus.close()
    })
    const heard: unknown[] = []
    const elsewhere: unknown[] = []
    const numbers = z.array(z.number())
    there.subscribe('numbers', numbers, (message) => {
      if (message.includes(13)) throw new Error('a listener that fails')
      heard.push(message)
    })
    for (const bus of others) bus.subscribe('numbers', numbers, (message) => elsewhere.push(message))

    const strays = [
      'hello',
      'null',
      '[]',
      '{"from":"x"}',
      '{"from":"x","topic":"numbers","message":null}',
      '{"from":"x","topic":"numbers","message":["1"]}'
    ]
    const channels = (await redis!.client.call('PUBSUB', 'CHANNELS', '*mcp:bus*')) as string[]
    t.equal(channels.length, 4)
    for (const channel of channels) for (const stray of strays) await redis!.client.call('PUBLISH', channel, stray)
    here.publish('numbers', [13])
    // What is sent over one connection arrives in its order.
    for (let tries = 0; tries < 200 && heard.length === 0; tries++) {
      here.publish('numbers', [1])
      await sleep(20)
    }
    t.same(heard[0], [1])
    t.same(elsewhere, [])
    t.match(warnings, [[{ err: Error }, 'a message between instances was dropped']])
    t.equal(warnings.length, 5, 'one of each bus')
  }
)

t.test(
  'whoever only listens notices that a connection carries nothing any more, without a word (WB-06)',
  { skip: redis ? false : noRedis },
  async (t) => {
    const through = new URL(redis!.url)
    const wire = await startFaultyWire(Number(through.port))
    through.port = String(wire.port)
    const log = { warn () {} }
    const [far, near] = [
      await connectEventBus(redis!.url, 'silent', log),
      await connectEventBus(through.href, 'silent', log)
    ]
    t.teardown(() => {
      for (const bus of [far, near]) bus.close()
      wire.close()
    })
    const heard: number[] = []
    near.subscribe('numbers', z.number(), (number) => heard.push(number))
    wire.silence()
    for (let number = 0; number < 100 && heard.length === 0; number++) {
      far.publish('numbers', number)
      await sleep(200)
    }
    t.equal(heard.length, 1)
  }
)
