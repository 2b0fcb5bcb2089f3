// A proxy in front of a server that changes what it answers, as a wrongly set up proxy or another server would.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Exchange {
  request: { method: string; path: string; query: URLSearchParams; headers: IncomingMessage['headers']; body: string }
  /** May be changed. */
  answer: { status: number; headers: Record<string, string | string[]>; body: string }
}

export interface ChangingProxy {
  /** Its own address. */
  url: string
  /** The server behind it; asked for nothing before it is set. */
  target: string
  /** What happens to every answer. */
  change: (exchange: Exchange) => void
}

/** Listens on this computer for as long as the test runs. */
export async function startChangingProxy (t: { teardown(work: () => unknown): void }): Promise<ChangingProxy> {
  const server = createServer((incoming, outgoing) => {
    pass(incoming).then(
      ({ status, headers, body }) => outgoing.writeHead(status, headers).end(body),
      (error: Error) => outgoing.destroy(error)
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const proxy: ChangingProxy = {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    target: '',
    change: () => {}
  }

  async function pass (incoming: IncomingMessage) {
    const { method = 'GET', headers } = incoming
    const { pathname: path, searchParams: query } = new URL(incoming.url!, proxy.target)
    const body = await text(incoming)
    const { host: _host, connection: _connection, 'content-length': _length, ...passed } = headers
    const response = await fetch(proxy.target + incoming.url!, {
      method,
      redirect: 'manual',
      headers: passed as Record<string, string>,
      ...(method !== 'GET' && { body })
    })
    const {
      'content-length': _size,
      connection: _kept,
      'keep-alive': _alive,
      'set-cookie': _cookie,
      'transfer-encoding': _coding,
      ...answered
    } = Object.fromEntries(response.headers)
    const exchange: Exchange = {
      request: { method, path, query, headers, body },
      answer: {
        status: response.status,
        headers: { ...answered, 'set-cookie': response.headers.getSetCookie() },
        body: await response.text()
      }
    }
    proxy.change(exchange)
    return exchange.answer
  }
  return proxy
}
