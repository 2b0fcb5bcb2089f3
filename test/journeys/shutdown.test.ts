// SG-02: the end of the process. Whatever connections others hold open, SIGTERM ends it soon and with 0: a restart is
// no outage, and no failed stop.
import { connect } from 'node:net'
import t from 'tap'
import { startProcess } from '../helpers/processes.ts'

/** Far below the ten seconds after which the process is ended by force, with 1. */
const SOON_MS = 6_000

const held: Record<string, (port: number) => string> = {
  'nothing at all': () => '',
  'half a head': () => 'GET /health HTTP/1.1\r\nHost: local',
  'a used connection': (port) => `GET /health HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`,
  'half a body': (port) =>
    `POST /token HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ngrant_type=`
}

t.test('SIGTERM while others hold connections (SG-02)', async (t) => {
  const server = await startProcess(t, {})
  const closed = await Promise.all(
    Object.entries(held).map(async ([name, text]) => {
      const socket = connect(server.port, '127.0.0.1')
      socket
        .on('error', () => {
          /* the server hangs up */
        })
        .resume()
      await new Promise<void>((resolve) => {
        socket.once('connect', resolve)
      })
      socket.write(text(server.port))
      return { name, ended: new Promise((resolve) => socket.once('close', resolve)) }
    })
  )
  // Whatever was written has arrived once a later request is answered.
  await fetch(`${server.url}/health/live`)
  const began = performance.now()
  t.equal(await server.end('SIGTERM'), 0)
  t.ok(performance.now() - began < SOON_MS)
  for (const { name, ended } of closed) {
    await ended
    t.pass(name)
  }
})
