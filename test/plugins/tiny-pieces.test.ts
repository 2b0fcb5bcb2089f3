// Bodies in tiny pieces: refused before they fill the memory.
import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import Fastify from 'fastify'
import t from 'tap'
import { FREE_PIECES, refuseTinyPieces } from '../../plugins/tiny-pieces.ts'

const HEAD = [
  'POST / HTTP/1.1',
  'Host: x',
  'Content-Type: text/plain',
  'Transfer-Encoding: chunked',
  'Connection: close',
  '\r\n'
].join('\r\n')

async function ask (pieces: number, size: number) {
  const app = Fastify()
  refuseTinyPieces(app)
  app.post('/', ({ body }) => `${String(body).length} came`)
  t.teardown(() => app.close())
  await app.listen()
  const { port } = app.server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.on('data', (bytes) => { answer += String(bytes) })
  socket.on('error', () => {})
  const piece = `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`
  socket.write(`${HEAD}${piece.repeat(pieces)}0\r\n\r\n`)
  await once(socket, 'close')
  return answer
}

t.test('a body has few tiny pieces (BW-25)', async (t) => {
  t.match(await ask(FREE_PIECES, 1), /1000 came/)
  t.equal(await ask(2 * FREE_PIECES, 1), '')
  t.match(await ask(2 * FREE_PIECES, 80), /160000 came/)
})
