// What an operator reads of connections that are
// refused, cut off, or could not be taken.
import { connect, Socket, type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { Connections } from '../../plugins/connections.ts'
import { until } from '../helpers/until.ts'
import { listen } from '../helpers/warnings.ts'

async function open (t: Test, maxHandles?: number) {
  const { lines, log } = listen()
  const connections = new Connections(maxHandles)
  const options = { headersTimeout: 10, requestTimeout: 30, trustProxy: [], clientIpHeader: undefined }
  const server = connections.createServer(() => {}, options, () => log)
  t.teardown(() => {
    connections.endClosing()
    server.closeAllConnections()
    server.close()
  })
  return { connections, server, lines, log }
}

/** Of another computer. */
function visitor (remoteAddress: string): Socket {
  return Object.defineProperty(new Socket(), 'remoteAddress', { value: remoteAddress })
}

t.test('an address that holds its share is named once, with what to do about a proxy (OW-04)', async (t) => {
  const { server, lines } = await open(t, 80)
  const sockets = Array.from({ length: 14 }, () => visitor('198.51.100.7'))
  for (const socket of sockets) server.emit('connection', socket)
  t.equal(sockets.filter(({ destroyed }) => destroyed).length, 4)
  t.match(lines, [
    /one address are refused: it holds its share of 40\. If it is your proxy.*TRUST_PROXY/
  ])
  t.equal(lines.length, 1)
  const other = visitor('198.51.100.8')
  server.emit('connection', other)
  t.notOk(other.destroyed)
  for (const socket of [...sockets, other]) socket.destroy()
})

t.test('a connection that could not be taken is said while the server listens', async (t) => {
  const { server, lines } = await open(t)
  server.emit('error', new Error('EADDRINUSE'))
  t.same(lines, [], 'before, its caller is told')
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.emit('error', new Error('accept EMFILE'))
  t.same(lines, ['a connection could not be taken: accept EMFILE'])
})

t.test('answers that do not end in time are cut off, with their number', async (t) => {
  const { server, connections, lines, log } = await open(t)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await new Promise((resolve) => server.once('request', resolve))
  connections.beginClosing(log)
  const now = performance.now.bind(performance)
  t.teardown(() => { performance.now = now })
  performance.now = () => now() + 8_100
  t.ok(await until(async () => socket.destroyed))
  t.equal(lines[0], '1 connections are cut off: their answers were not finished in time')
})
