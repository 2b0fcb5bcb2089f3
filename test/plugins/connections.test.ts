// Connections of the HTTP server: no silent one keeps it from ending, a running request gets its answer, and more than
// there are file handles for are refused.
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { Connections, MAX_PIPELINED } from '../../plugins/connections.ts'
import { MAX_HALF_SENT } from '../../plugins/half-sent.ts'
import { until } from '../helpers/until.ts'

interface Spoken {
  socket: Socket
  text: () => string
  closed: Promise<unknown>
}

async function open (port: number, sent = ''): Promise<Spoken> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  socket.on('error', () => {
    /* the server may hang up first */
  })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), closed])
  socket.write(sent)
  return { socket, text: () => text, closed }
}

async function listen (
  t: Test,
  handler: RequestListener,
  maxHandles?: number,
  maxUnread?: number,
  trustProxy: string[] = []
) {
  const lines: string[] = []
  const log = {
    warn: (line: string) => {
      lines.push(line)
    }
  }
  const connections = new Connections(maxHandles, maxUnread)
  const options = { headersTimeout: 10, requestTimeout: 30, trustProxy, clientIpHeader: undefined }
  const server = connections.createServer(handler, options, () => log)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  t.teardown(() => {
    connections.endClosing()
    server.closeAllConnections()
    server.close()
  })
  const close = () => {
    connections.beginClosing(log)
    return new Promise((resolve) => server.close(resolve))
  }
  return { port: (server.address() as AddressInfo).port, lines, close }
}

const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'

t.test(
  'silent, half-sent and used connections end when the server closes; a running request is answered first',
  async (t) => {
    const running = Promise.withResolvers<() => void>()
    const { port, close } = await listen(t, ({ url }, response) => {
      if (url === '/slow') running.resolve(() => response.end('slow answer'))
      else response.end('answer')
    })
    const silent = await open(port)
    const halfHead = await open(port, 'GET / HTTP/1.1\r\nHost: ')
    const halfBody = await open(port, 'POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{')
    const used = await open(port, REQUEST)
    await new Promise((resolve) => used.socket.once('data', resolve))
    const slow = await open(port, 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')
    const answer = await running.promise

    const isClosed = close()
    await Promise.all([silent, halfHead, halfBody, used].map(({ closed }) => closed))
    t.equal(slow.text(), '', 'a running request is waited for')
    answer()
    await Promise.all([slow.closed, isClosed])
    t.match(slow.text(), /slow answer$/)
    t.match(used.text(), /answer$/)
  }
)

t.test('a body that does not go on arriving does not keep the server from ending', async (t) => {
  const { port, close } = await listen(t, (request, response) => {
    request.resume().once('end', () => response.end())
  })
  const halfBody = await open(port, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{')
  await close()
  await halfBody.closed
  t.equal(halfBody.text(), '')
})

t.test(
  'connections beyond the file handles are refused with one warning, and taken again when others have gone (SG-01)',
  async (t) => {
    const { port, lines } = await listen(
      t,
      (_request, response) => {
        response.end('answer')
      },
      20
    )
    const first = await Promise.all(Array.from({ length: 10 }, () => open(port)))
    const more = await Promise.all(Array.from({ length: 5 }, () => open(port, REQUEST)))
    await Promise.all(more.map(({ closed }) => closed))
    t.same(
      more.map(({ text }) => text()),
      ['', '', '', '', '']
    )
    t.equal(lines.length, 1)
    t.match(lines[0], /connections are refused: 10 are open, and the limit of open files \(ulimit -n\) is 20/)

    for (const { socket } of first) socket.destroy()
    for (;;) {
      const again = await open(port, REQUEST.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
      await again.closed
      if (again.text().endsWith('answer')) break
    }
    t.pass('served again')
  }
)

t.test('answers that nobody reads are bounded together, those with most unread first (SW-06)', async (t) => {
  const MB = 1024 * 1024
  const cut = Promise.withResolvers<string | undefined>()
  const handler: RequestListener = ({ url }, response) => {
    response.once('close', () => cut.resolve(response.writableFinished ? undefined : url))
    response.end(Buffer.alloc(url === '/large' ? 24 * MB : 16 * MB))
  }
  const { port, lines } = await listen(t, handler, undefined, 40 * MB)
  const silent = (path: string) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
    return socket
  }
  const small = silent('/small')
  const large = [silent('/large'), silent('/large')]
  t.teardown(() => [small, ...large].forEach((socket) => socket.destroy()))
  t.equal(await cut.promise, '/large')
  t.match(lines, [/do not read/])
  t.notOk(small.destroyed)
})

t.test('what waits for another answer is unread too (SW-08)', async (t) => {
  const MB = 1024 * 1024
  const cut = Promise.withResolvers<void>()
  const { port, lines } = await listen(t, (_, response) => {
    response.once('close', cut.resolve)
    response.end(Buffer.alloc(24 * MB))
  }, undefined, 40 * MB)
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  socket.write(REQUEST.repeat(3))
  await cut.promise
  t.match(lines, [/do not read/])
})

t.test('one packet begins few requests (SW-08)', async (t) => {
  let begun = 0
  const { port, lines } = await listen(t, (_, response) => {
    begun++
    setImmediate(() => response.end('answer'))
  })
  const polite = await open(port)
  for (let sent = 0; sent < 3; sent++) {
    polite.socket.write(REQUEST.repeat(MAX_PIPELINED))
    await once(polite.socket, 'data')
    await until(() => polite.text().split('answer').length === begun + 1)
  }
  t.equal(begun, 3 * MAX_PIPELINED)
  begun = 0
  const { closed } = await open(port, REQUEST.repeat(50))
  await closed
  t.equal(begun, MAX_PIPELINED)
  t.match(lines, [/before it has an answer/])
  t.notOk(polite.socket.destroyed)
})

t.test('behind a proxy, one address that sends slowly does not hold all places (OW-24)', async (t) => {
  const answer: RequestListener = (request, response) =>
    request.resume().once('end', () => response.end('answer'))
  const { port, lines } = await listen(
    t,
    answer,
    undefined,
    undefined,
    ['loopback']
  )
  const half = (from: string) => {
    const head = [
      'POST / HTTP/1.1',
      'Host: x',
      `X-Forwarded-For: 10.9.9.9, ${from}`,
      'Content-Length: 10'
    ]
    return open(port, `${head.join('\r\n')}\r\n\r\n{`)
  }
  const asked = Array.from({ length: MAX_HALF_SENT + 6 }, () =>
    half('203.0.113.9')
  )
  const many = await Promise.all(asked)
  const other = await half('198.51.100.7')
  await Promise.all(many.slice(0, 6).map(({ closed }) => closed))
  const rest = many.slice(6).filter(({ socket }) => socket.destroyed)
  t.same(rest, [], 'the rest of a share stays')
  other.socket.write('123456789')
  await new Promise((resolve) => other.socket.once('data', resolve))
  t.match(other.text(), /answer$/)
  t.match(lines, [/one address sends many at once/])
})
