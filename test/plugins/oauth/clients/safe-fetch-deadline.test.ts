// How long fetching a document may take, and how long it may be used (threat WB-09).
import { createServer as createHttpServer } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { inspect } from 'node:util'
import t, { type Test } from 'tap'
import { fetchDocument, FETCH_TIMEOUT_MS } from '../../../../plugins/oauth/clients/safe-fetch.ts'

async function listen (t: Test, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
  })
  return (server.address() as AddressInfo).port
}

t.test(
  'one deadline for everything: a host that stalls, drips or cuts the connection costs five seconds at most',
  async (t) => {
    const behaviors: Record<string, (write: (text: string) => void, end: () => void) => void> = {
      'no head': () => {},
      'a head and half a body': (write) =>
        write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 3000\r\n\r\n{"client_id":'),
      'a byte now and then': (write) => {
        write(
          'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 3000\r\n\r\n'
        )
        const timer = setInterval(() => write(' '), 500)
        t.teardown(() => clearInterval(timer))
      },
      'for ever 103': (write) => {
        const timer = setInterval(() => write('HTTP/1.1 103 Early Hints\r\n\r\n'), 500)
        t.teardown(() => clearInterval(timer))
      },
      'a cut body': (write, end) => {
        write(
          'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 3000\r\n\r\n{"client_id":'
        )
        end()
      },
      'a cut head': (write, end) => {
        write('HTTP/1.1 200 OK\r\ncontent-')
        end()
      },
      'another protocol': (write) =>
        write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n')
    }
    await Promise.all(
      Object.entries(behaviors).map(async ([name, behave]) => {
        const server = createTcpServer((socket) => {
          socket.on('error', () => {})
          t.teardown(() => socket.destroy())
          socket.once('data', () =>
            behave(
              (text) => {
                if (socket.writable) socket.write(text)
              },
              () => setTimeout(() => socket.destroy(), 100)
            )
          )
        })
        const at = `127.0.0.1:${await listen(t, server)}`
        const begun = performance.now()
        await t.rejects(fetchDocument(new URL(`http://${at}/c.json`), [at]), { name: 'FetchRefused' }, name)
        t.ok(
          performance.now() - begun < FETCH_TIMEOUT_MS + 3_000,
          `${name}: ${Math.round(performance.now() - begun)} ms`
        )
      })
    )
  }
)

t.test('the age of a document lies between half a minute and a day, whatever its host says', async (t) => {
  let control: string | undefined
  const server = createHttpServer((_request, response) => {
    response
      .writeHead(200, {
        'content-type': 'application/json',
        ...(control !== undefined && { 'cache-control': control })
      })
      .end('{}')
  })
  const at = `127.0.0.1:${await listen(t, server)}`
  for (const [said, age] of [
    [undefined, 300],
    ['max-age=600', 600],
    ['max-age=999999999', 86_400],
    ['max-age=0', 30],
    ['max-age=-1', 300],
    ['no-store', 30],
    ['no-cache, max-age=600', 30],
    ['max-age=600, no-store', 30]
  ] as const) {
    control = said
    t.equal((await fetchDocument(new URL(`http://${at}/c`), [at])).maxAge, age, said ?? 'nothing')
  }
  await t.rejects(fetchDocument(new URL(`http://${at}/c`), []), { name: 'AddressRefused' }, 'http')
})

t.test('a document has 5 KB, and the head before it 8 KB, to the byte (WB-09)', async (t) => {
  let [body, head] = ['', '']
  const server = createHttpServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'x-filler': head }).end(body)
  })
  const at = `127.0.0.1:${await listen(t, server)}`
  const ask = () => fetchDocument(new URL(`http://${at}/c`), [at])
  body = JSON.stringify('x'.repeat(5 * 1024 - 2))
  t.equal((await ask()).body, 'x'.repeat(5 * 1024 - 2))
  body += ' '
  await t.rejects(ask(), { name: 'FetchRefused', message: /larger/ })
  ;[body, head] = ['{}', 'x'.repeat(9 * 1024)]
  await t.rejects(ask(), { name: 'FetchRefused' })
})

t.test('informational answers without an end are not read to the deadline: they take a processor (WB-09)', async (t) => {
  const port = await listen(t, createTcpServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100)))
  }))
  const startedAt = performance.now()
  await t.rejects(fetchDocument(new URL(`http://127.0.0.1:${port}/client`), [`127.0.0.1:${port}`]), { name: 'FetchRefused' })
  t.ok(performance.now() - startedAt < FETCH_TIMEOUT_MS / 2)
})

t.test('nothing that a host sent is kept with its refusal (CL-12)', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\nx-filler: '
  const sent = head + 'x'.repeat(20_000)
  const port = await listen(t, createTcpServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.write(sent))
  }))
  const at = `127.0.0.1:${port}`
  const refused: unknown = await fetchDocument(new URL(`http://${at}/c`), [at])
    .catch((error: unknown) => error)
  t.match(refused, { name: 'FetchRefused' })
  const kept = inspect(refused, { depth: 9, showHidden: true })
  t.notMatch(kept, /Buffer|xxxx/)
})
