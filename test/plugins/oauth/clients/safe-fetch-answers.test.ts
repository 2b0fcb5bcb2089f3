// Which answers of a client's host are taken, and for how long: the status, the type, the size and what Cache-Control says
// (threats WB-09, CL-02).
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { fetchDocument } from '../../../../plugins/oauth/clients/safe-fetch.ts'

let answer: (response: ServerResponse, request: IncomingMessage) => void
const server = createServer((request, response) => answer(response, request))
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
t.teardown(() => server.close())
const host = `127.0.0.1:${(server.address() as AddressInfo).port}`

function ask (status: number, headers: Record<string, string> = {}, body = '{}') {
  answer = (response) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
  return fetchDocument(new URL(`http://${host}/c.json`), [host])
}

const refused = (reason: string): { name: string } => Object.assign({ name: 'FetchRefused' }, { reason })

t.test('only 200 is a document: no other success, no redirect and no error, whatever it carries (WB-09)', async (t) => {
  t.same((await ask(200)).body, {})
  for (const status of [201, 202, 203, 206, 226, 300, 301, 302, 303, 307, 308, 400, 401, 404, 410, 500, 503]) {
    await t.rejects(
      ask(status, { location: `http://${host}/other.json` }),
      refused('document_redirect'),
      `${status}`
    )
  }
})

t.test('only JSON is a document, by its type and by its text', async (t) => {
  for (const type of ['application/json', 'application/json; charset=utf-8', 'Application/JSON', 'application/vnd.client+json']) {
    t.same((await ask(200, { 'content-type': type })).body, {}, type)
  }
  for (const type of ['text/html', 'text/json', 'application/jsonp', 'text/plain; application/json', 'application/json5', '']) {
    await t.rejects(
      ask(200, { 'content-type': type }),
      refused('document_not_json'),
      type
    )
  }
  for (const text of ['', '{', '<html>', '{}{}']) await t.rejects(ask(200, {}, text), refused('document_not_json'), text)
})

t.test('a document has 5 KB at most', async (t) => {
  const sized = (bytes: number) => ask(200, {}, JSON.stringify('x'.repeat(bytes - 2)))
  t.ok(await sized(5 * 1024))
  await t.rejects(sized(5 * 1024 + 1), refused('document_invalid'))
})

t.test('a copy is fresh for as long as it says: from 30 seconds to a day, five minutes where it says nothing (CL-02)', async (t) => {
  for (const [said, seconds] of [
    [undefined, 300], ['', 300], ['public', 300], ['max-age=x', 300],
    ['max-age=0', 30],
    ['max-age=29', 30],
    ['max-age=31', 31],
    ['public, max-age=3600', 3_600],
    ['Max-Age=3600', 3_600],
    ['max-age=86399', 86_399],
    ['max-age=86400', 86_400],
    ['max-age=86401', 86_400],
    ['max-age=999999999', 86_400],
    ['no-store', 30],
    ['no-cache', 30],
    ['No-Cache', 30],
    ['no-store, max-age=3600', 30],
    ['max-age=3600, no-cache', 30]
  ] as const) {
    t.equal(
      (await ask(200, said === undefined ? {} : { 'cache-control': said })).maxAge,
      seconds,
      said ?? 'nothing'
    )
  }
})
