// The bus between instances, over a wire that breaks: what is published after it healed arrives, and nothing that breaks ends the process.
import { connect, createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { connectBus } from '../../plugins/mcp/bus.ts'
import { noRedis, startRedis } from '../helpers/redis.ts'

const redis = await startRedis()
t.teardown(() => redis?.stop())

/** A way to Redis that breaks, as soon as it is told to, right when somebody subscribes: the moment that is hardest to stand. */
async function breakable (t: Test, port: number) {
  const sockets = new Set<{ destroy (): void }>()
  const way = { port: 0, breaks: 0, cut () { for (const socket of sockets) socket.destroy() } }
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const [from, to] of [[near, far], [far, near]] as const) {
      sockets.add(from)
      from.on('error', () => {}).on('close', () => { sockets.delete(from); to.destroy() })
    }
    near.on('data', (chunk) => {
      if (way.breaks > 0 && /subscribe/i.test(chunk.toString('latin1'))) {
        way.breaks--
        near.destroy()
      } else far.write(chunk)
    })
    far.pipe(near)
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  way.port = (server.address() as AddressInfo).port
  t.teardown(() => { way.cut(); server.close() })
  return way
}

t.test('it is heard again after the connection broke, and broke again while it came back', { skip: redis ? false : noRedis }, async (t) => {
  const direct = new URL(redis!.url)
  const way = await breakable(t, Number(direct.port))
  const through = new URL(direct)
  through.port = String(way.port)
  const log = { warn () {} }
  const [here, there] = [await connectBus(direct.href, log), await connectBus(through.href, log)]
  t.teardown(() => { here.close(); there.close() })
  const heard: unknown[] = []
  there.subscribe('topic', (message) => heard.push(message))

  way.breaks = 3
  way.cut()
  // What is said while nobody is connected is lost: so it is said until it is heard.
  for (let tries = 0; tries < 200 && heard.length === 0; tries++) {
    here.publish('topic', 'again')
    await sleep(50)
  }
  t.equal(heard[0], 'again')
  t.equal(way.breaks, 0)
})
