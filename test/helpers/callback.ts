// Where an app waits for its code, for a real browser: another origin than the server, and ready to receive it.
import { createServer, type AddressInfo } from 'node:net'

/** @returns the address to redirect to, and the first address that was called there. */
export async function startCallback (t: { teardown(work: () => unknown): void }) {
  const seen = Promise.withResolvers<URL>()
  const server = createServer((socket) =>
    socket.once('data', (head) => {
      const target = head.toString().split(' ')[1]!
      if (target.startsWith('/callback')) seen.resolve(new URL(target, 'http://127.0.0.1'))
      socket.end('HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 4\r\nconnection: close\r\n\r\nDone')
    })
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return { uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`, seen: seen.promise }
}
