// Messages of one person that become complete in one moment: others are answered in between.
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { PUBLIC, start } from '../../helpers/mcp-endpoint.ts'
import { until } from '../../helpers/until.ts'

const MANY = 30

t.test('what becomes complete in one moment is not worked on in one turn (BW-32)', async (t) => {
  const { app, port, ran, legacy } = await start(t)
  await legacy('tools/call', { name: 'fetch', arguments: {} })
  ran.length = 0
  let arrived = 0
  app.server.on('request', () => arrived++)
  /** All of a call but its last byte. */
  const begin = async (person: string, name: string) => {
    const body = JSON.stringify(
      { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } }
    )
    const head = ['POST / HTTP/1.1', `Host: ${new URL(PUBLIC).host}`, `Authorization: Bearer ${person}`,
      'Content-Type: application/json', `Content-Length: ${body.length}`]
    const socket = connect(port, '127.0.0.1')
    t.teardown(() => socket.destroy())
    await once(socket, 'connect')
    socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, -1)}`)
    return socket
  }
  const sockets = await Promise.all(
    [...Array.from({ length: MANY }, () => begin('alice', 'long')), begin('bob', 'fetch')]
  )
  await until(() => arrived === MANY + 1)
  const answers = Promise.all(sockets.map((socket) => once(socket, 'data')))
  for (const socket of sockets) socket.write('}')
  await answers
  t.equal(ran.length, MANY + 1)
  t.ok(ran.indexOf('fetch') < MANY / 2, `after ${ran.indexOf('fetch')} of ${MANY}`)
})
