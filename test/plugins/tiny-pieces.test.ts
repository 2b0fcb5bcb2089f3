// Bodies in tiny pieces: refused before they fill the memory.
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
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

/** Frames of DATA, each of some bytes. Of HTTP/2 no header says that there is a body. */
async function askOverHttp2 (pieces: number, size: number) {
  const app = Fastify({ http2: true })
  refuseTinyPieces(app as never)
  app.post('/', ({ body }) => `${String(body).length} came`)
  const client = connectHttp2(await app.listen({ port: 0, host: '127.0.0.1' }))
  const stream = client.request({ ':method': 'POST', ':path': '/', 'content-type': 'text/plain' })
  stream.on('error', () => {})
  let answer = ''
  stream.on('data', (bytes) => { answer += String(bytes) })
  const ended = new Promise((resolve) => { stream.once('end', resolve) })
  // One that is written while another is on its way would go into the same frame.
  for (let sent = 0; sent < pieces && !stream.closed; sent++) {
    await Promise.race([ended, new Promise((resolve) => { stream.write('x'.repeat(size), resolve) })])
  }
  if (!stream.closed) stream.end()
  await ended
  client.destroy()
  await app.close()
  return answer
}

t.test('over HTTP/2 as well (BW-25)', async (t) => {
  t.match(await askOverHttp2(FREE_PIECES / 2, 1), /500 came/)
  t.notMatch(await askOverHttp2(2 * FREE_PIECES, 1), /came/)
  t.match(await askOverHttp2(FREE_PIECES + 200, 80), /96000 came/)
})
