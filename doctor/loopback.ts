// The redirect URI on this computer to which the browser returns (RFC 8252 §7.3).
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

const TIMEOUT_MS = 5 * 60_000

/** The redirect URI on this computer, where the browser comes back. */
export interface LoopbackCallback {
  redirect: string
  /** The parameters it came back with; `undefined` after five minutes. */
  arrived: Promise<URLSearchParams | undefined>
  close(): void
}

export async function listen (): Promise<LoopbackCallback> {
  const { promise: arrived, resolve } = Promise.withResolvers<URLSearchParams | undefined>()
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://127.0.0.1')
    if (url.pathname !== '/callback') {
      response.writeHead(404).end()
      return
    }
    response
      .writeHead(200, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
      .end('Signed in. You can close this tab and return to the terminal.\n')
    resolve(url.searchParams)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const timer = setTimeout(() => resolve(undefined), TIMEOUT_MS).unref()
  return {
    redirect: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`,
    arrived,
    close () {
      clearTimeout(timer)
      resolve(undefined)
      server.close()
    }
  }
}
