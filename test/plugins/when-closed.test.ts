// The end of a response, of HTTP/1 and HTTP/2: told once, to those who ask before it and after it.
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { connect, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import t from 'tap'
import { whenClosed } from '../../plugins/when-closed.ts'

const portOf = async (server: Server): Promise<number> => {
  t.teardown(() => { server.close() })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

async function check (server: Server, ask: (port: number) => () => void): Promise<number[]> {
  const calls: number[] = []
  const leave = ask(await portOf(server))
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse]
  whenClosed(response, () => calls.push(1))
  const closed = once(response, 'close')
  leave()
  await closed
  whenClosed(response, () => calls.push(2))
  return calls
}

t.test('who asks early and who asks late is told once (OW-12)', async (t) => {
  const first = await check(createServer(), (port) => {
    const asked = new AbortController()
    fetch(`http://127.0.0.1:${port}`, { signal: asked.signal }).catch(() => {})
    return () => asked.abort()
  })
  t.same(first, [1, 2])
  const second = await check(createHttp2Server(), (port) => {
    const client = connect(`http://127.0.0.1:${port}`)
    client.request({ ':path': '/' }).on('error', () => {})
    return () => client.destroy()
  })
  t.same(second, [1, 2])
})

t.test('a response that is closed, destroyed or whose stream is gone has ended (OW-12)', async (t) => {
  const open = { closed: false, destroyed: false, once () {} }
  const endsAtOnce = (more: object) => {
    let ended = false
    whenClosed({ ...open, ...more } as unknown as ServerResponse, () => {
      ended = true
    })
    return ended
  }
  t.equal(endsAtOnce({}), false)
  t.equal(endsAtOnce({ stream: { destroyed: false } }), false)
  t.equal(endsAtOnce({ closed: true }), true)
  t.equal(endsAtOnce({ destroyed: true }), true)
  t.equal(endsAtOnce({ stream: { destroyed: true } }), true)
})
