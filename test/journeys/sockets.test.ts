// What odd, slow and greedy sockets do to everybody else: nothing (threats DS-01 to DS-05, WR-01, WR-03, WR-04; RFC
// 9112).
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { Browser } from '../helpers/browser.ts'
import { authorizeUrl, newClient, ping, pkce, tokensFor } from '../helpers/oauth.ts'
import { startServer } from '../helpers/server.ts'

const open = (port: number) =>
  new Promise<Socket>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.once('error', reject)
  })

/** Everything a raw request is answered, until the server closes or a second is over. */
const answerTo = async (port: number, text: string): Promise<string> => {
  const socket = await open(port)
  let answer = ''
  socket.on('data', (bytes) => {
    answer += String(bytes)
  })
  socket.on('error', () => {
    /* the server may hang up first */
  })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(text)
  await Promise.race([closed, sleep(1_000)])
  socket.destroy()
  return answer
}
const statuses = (answer: string) => [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status))

t.test('half-sent heads and bodies are dropped, and nobody waits behind them (DS-01, WR-04)', async (t) => {
  const { url } = await startServer(t, { env: { HEADERS_TIMEOUT: '2', REQUEST_TIMEOUT: '4' } })
  const port = Number(new URL(url).port)
  const client = await newClient(url)
  const { access } = await tokensFor(url, client)
  const heads = await Promise.all(
    Array.from({ length: 300 }, async () => {
      const socket = await open(port)
      socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
      return socket
    })
  )
  const bodies = await Promise.all(
    Array.from({ length: 100 }, async () => {
      const socket = await open(port)
      socket.write(
        `POST / HTTP/1.1\r\nHost: localhost:${port}\r\nAuthorization: Bearer ${access}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`
      )
      return socket
    })
  )
  const all = [...heads, ...bodies]
  for (const socket of all) {
    socket.on('error', () => {
    /* dropped */
    })
  }
  const closed = Promise.all(all.map((socket) => new Promise((resolve) => socket.once('close', resolve))))
  const dripping = setInterval(() => {
    for (const socket of all) if (socket.writable) socket.write('x')
  }, 500)
  for (let count = 0; count < 20; count++) t.equal(await ping(url, access), 200)
  await closed
  clearInterval(dripping)
  t.pass('all are dropped')
  t.equal(await ping(url, access), 200)
})

t.test('framings, header floods, aborted uploads, abandoned sign-ins (DS-02, DS-03, DS-04, DS-05)', async (t) => {
  const { url } = await startServer(t)
  const port = Number(new URL(url).port)
  const client = await newClient(url)
  const { access } = await tokensFor(url, client)
  const host = `Host: localhost:${port}\r\n`
  const smuggled = 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n'
  const framings = [
    `POST / HTTP/1.1\r\n${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `POST / HTTP/1.1\r\n${host}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef`,
    `POST / HTTP/1.1\r\n${host}Transfer-Encoding: xchunked\r\n\r\n${smuggled}`,
    `POST / HTTP/1.1\r\n${host}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
    `GET / HTTP/1.1\r\n${host} folded: x\r\n\r\n`,
    'GET / HTTP/1.1\r\n\r\n'
  ]
  for (const framing of framings) {
    const seen = statuses(await answerTo(port, framing))
    t.ok(
      seen.length <= 1 && seen.every((status) => status >= 400 && status < 500),
      `${JSON.stringify(framing).slice(0, 80)} -> ${seen} (DS-02)`
    )
  }
  for (const [name, headers, expected] of [
    ['100 KB in one', `X-Big: ${'x'.repeat(100_000)}\r\n`, [431]],
    ['5000 headers', Array.from({ length: 5_000 }, (_, index) => `X-${index}: 1\r\n`).join(''), [431]],
    ['5000 cookies', `Cookie: ${Array.from({ length: 5_000 }, (_, index) => `c${index}=1`).join('; ')}\r\n`, [431]],
    ['20 KB in one', `X-Big: ${'x'.repeat(20_000)}\r\n`, [200]]
  ] as const) {
    t.same(
      statuses(await answerTo(port, `GET /health HTTP/1.1\r\n${host}${headers}Connection: close\r\n\r\n`)),
      expected,
      `${name} (DS-03)`
    )
  }

  await Promise.all(
    Array.from({ length: 300 }, async () => {
      const socket = await open(port)
      socket.on('error', () => {
        /* ours to break */
      })
      socket.write(
        `POST / HTTP/1.1\r\n${host}Authorization: Bearer ${access}\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"a":"`
      )
      await sleep(5)
      socket.destroy()
    })
  )
  t.equal(await ping(url, access), 200, 'after 300 aborted uploads (DS-04)')

  const good = authorizeUrl(url, { client_id: client.client_id, code_challenge: pkce().challenge })
  const pages = await Promise.all(
    Array.from({ length: 1_000 }, async () => (await fetch(good, { redirect: 'manual' })).status)
  )
  t.same([...new Set(pages)], [303], 'a thousand sign-ins that nobody finishes are no fault (WR-01)')
  t.equal((await new Browser().get(good)).status, 200)
  t.ok((await tokensFor(url, client)).access, 'and an ordinary one still works (DS-05, WR-03)')
})
