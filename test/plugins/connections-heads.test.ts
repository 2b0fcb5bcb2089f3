// What the heads of requests take in memory: nothing once they are answered, and a bounded number of bytes before.
import { once } from 'node:events'
import type { IncomingMessage, RequestListener } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t, { type Test } from 'tap'
import { Connections } from '../../plugins/connections.ts'
import { until } from '../helpers/until.ts'

const OPTIONS = {
  headersTimeout: 10,
  requestTimeout: 30,
  trustProxy: [],
  clientIpHeader: undefined
}

async function listen (t: Test, handler: RequestListener) {
  const lines: string[] = []
  const warn = (line: string) => { lines.push(line) }
  const connections = new Connections()
  const server = connections.createServer(handler, OPTIONS, () => ({ warn }))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const open = async (sent: string) => {
    const { port } = server.address() as AddressInfo
    const socket = connect(port, '127.0.0.1')
    t.teardown(() => socket.destroy())
    socket.on('error', () => {})
    await once(socket, 'connect')
    socket.write(sent)
    return socket
  }
  return { open, lines }
}

const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'

t.test('nothing of an answered request stays with its connection (OW-27)', async (t) => {
  const asked: Array<WeakRef<IncomingMessage>> = []
  const { open } = await listen(t, (request, response) => {
    asked.push(new WeakRef(request))
    response.end('answer')
  })
  const socket = await open(REQUEST)
  await once(socket, 'data')
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  await until(() => {
    collect()
    return asked[0]!.deref() === undefined
  })
  t.notOk(socket.destroyed)
})

t.test('heads that are half sent have a bound together (OW-28)', async (t) => {
  const { open, lines } = await listen(t, (_, response) => {
    response.end('answer')
  })
  const start = REQUEST.slice(0, -2)
  const long = `${start}x: ${'x'.repeat(30_000)}`
  const short = await open(`${REQUEST}${start}`)
  const many = Array.from({ length: 290 }, () => open(long))
  const sockets = await Promise.all(many)
  await until(() => sockets.some(({ destroyed }) => destroyed))
  t.match(lines, [/heads of requests/])
  const left = sockets.filter(({ destroyed }) => !destroyed)
  t.ok(left.length > 200)
  t.notOk(short.destroyed)
})

t.test('a body that comes after its answer is no head', async (t) => {
  const { open, lines } = await listen(t, (_, response) => {
    response.end('answer')
  })
  const MB = 1024 * 1024
  const head = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${9 * MB}\r\n\r\n`
  const socket = await open(head)
  await once(socket, 'data')
  await new Promise((resolve) => socket.write(Buffer.alloc(9 * MB), resolve))
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  t.same(lines, [])
  socket.write(REQUEST)
  await once(socket, 'data')
})
