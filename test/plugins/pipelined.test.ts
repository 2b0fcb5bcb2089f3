// What is sent on one connection without waiting for answers.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { Connections, MAX_PIPELINED } from '../../plugins/connections.ts'

const OPTIONS = { headersTimeout: 10, requestTimeout: 30, trustProxy: [], clientIpHeader: undefined }
const PACKET = 64 * 1024

async function listen (t: Test) {
  const server = new Connections().createServer((_request, response) => {
    setImmediate(() => response.end('answer'))
  }, OPTIONS, () => ({ warn () {} }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  /** @returns what is answered until the connection ends. */
  return async (sent: string) => {
    const socket = connect(port, '127.0.0.1')
    t.teardown(() => socket.destroy())
    socket.write(sent)
    return text(socket).catch(() => '')
  }
}

const head = (...headers: string[]) => ['GET / HTTP/1.1', ...headers, '', ''].join('\r\n')

t.test('of a packet full of requests a few are begun, also of those that Node answers by itself (OW-44)', async (t) => {
  const send = await listen(t)
  for (const [name, request] of Object.entries({
    plain: head('Host: x'),
    'with an expectation': head('Host: x', 'Expect: more'),
    'without a host': head()
  })) {
    let begun = 0
    const count = () => { begun++ }
    subscribe('http.server.request.start', count)
    await send(request.repeat(PACKET / request.length))
    unsubscribe('http.server.request.start', count)
    t.ok(begun > 0 && begun <= MAX_PIPELINED + 1, `${name}: ${begun}`)
  }
})

t.test('what Node would answer by itself is answered alike', async (t) => {
  const send = await listen(t)
  const close = 'Connection: close'
  t.match(await send(head('Host: x', close)), /^HTTP\/1\.1 200 .*answer$/s)
  t.match(await send(head('Host: x', 'Expect: more', close)), /^HTTP\/1\.1 417 /)
  t.match(await send(head('Host: x', 'Expect: 100-continue', close)), /^HTTP\/1\.1 100 .*HTTP\/1\.1 200 /s)
  t.match(await send(head()), /^HTTP\/1\.1 400 .*connection: close/is)
  t.match(await send('GET / HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 /, 'has no host')
})
