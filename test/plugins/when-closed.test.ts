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
