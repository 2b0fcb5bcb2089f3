// Search by meaning, against an HTTP server that speaks OpenAI's embeddings: what it is asked, what is found with it, and
// that search answers without it.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { ALL_RIGHTS } from '../../../../plugins/access-rules/contract.ts'
import { openEmbeddings } from '../../../../plugins/library/embeddings/index.ts'
import { openSqliteDocuments } from '../../../../plugins/library/sqlite.ts'
import { folder } from '../../../helpers/tool-context.ts'

const KEY = 'sk-never-shown-0123456789'
const SUBJECTS = [/vacation|holiday|leave/i, /network|router|wifi/i]

interface Asked {
  path: string
  headers: IncomingHttpHeaders
  body: { model: string; input: string[]; encoding_format: string }
}
type Turn = (asked: Asked, response: ServerResponse) => void

const send = (response: ServerResponse, code: number, body: unknown) =>
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body))
/** A vector says which subjects a text has; they come in another order than the texts. */
const bySubject: Turn = ({ body }, response) => {
  const data = body.input.map(
    (text, index) => ({ index, embedding: [...SUBJECTS.map((subject) => (subject.test(text) ? 1 : 0)), 0.1] })
  )
  send(response, 200, { object: 'list', data: data.reverse() })
}

async function endpoint (t: Test, turn: Turn = bySubject) {
  const asked: Asked[] = []
  const state = { turn }
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => { text += chunk })
    request.on('end', () => {
      const one = { path: request.url!, headers: request.headers, body: JSON.parse(text) as Asked['body'] }
      asked.push(one)
      state.turn(one, response)
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { asked, state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` }
}

function open (t: Test, dataDir: string, baseUrl: string, model = 'small') {
  const lines: string[] = []
  const log = { info: (line: string) => { lines.push(line) }, warn: (line: string) => { lines.push(line) } }
  const store = openSqliteDocuments(
    dataDir, undefined, (dir) => openEmbeddings({ baseUrl, model, apiKey: KEY }, dir, log)
  )
  t.teardown(() => store.close())
  const ids = async (query: string) => (await store.search(query, 10, ALL_RIGHTS.documents)).map(({ id }) => id)
  const put = (texts: Record<string, string>) =>
    store.put(
      Object.entries(texts).map(([id, text]) => ({ id, title: id, text, type: 'text/markdown', modified: 0, bytes: 0 }))
    )
  /** Until a search begins with this document. */
  const finds = async (query: string, id: string) => {
    for (let tries = 0; tries < 400; tries++) {
      if ((await ids(query))[0] === id) return true
      await setTimeout(20)
    }
    return false
  }
  return { store, lines, ids, put, finds }
}

const TEXTS = { 'staff.md': 'Everybody has thirty days of vacation.', 'it.md': 'The router is in the cellar.' }
const inputsOf = (asked: Asked[]) => asked.flatMap(({ body }) => body.input)

t.test('documents are found by their meaning; the requests are as OpenAI defines them', async (t) => {
  const { asked, url } = await endpoint(t)
  const { put, finds, ids, lines } = open(t, await folder(t), url)
  await put(TEXTS)
  t.ok(await finds('holiday', 'staff.md'), 'without a word in common')
  t.equal((await ids('"router" holiday'))[0], 'it.md', 'a phrase is asked for by its letters')
  const [first] = asked
  t.equal(first?.path, '/v1/embeddings')
  t.match(first?.headers, { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' })
  t.match(first?.body, { model: 'small', encoding_format: 'float' })
  t.ok(inputsOf(asked).includes(`staff.md\n${TEXTS['staff.md']}`))
  t.same(lines, [])
})

t.test('vectors outlive a restart, and another model makes them again; a document that is gone has none', async (t) => {
  const { asked, url } = await endpoint(t)
  const dataDir = await folder(t)
  const first = open(t, dataDir, url)
  await first.put(TEXTS)
  t.ok(await first.finds('holiday', 'staff.md'))
  await first.store.close()
  asked.length = 0
  const second = open(t, dataDir, url)
  t.ok(await second.finds('holiday', 'staff.md'))
  t.notOk(inputsOf(asked).some((text) => text.startsWith('staff.md')), 'embedded once')
  await second.store.remove(['staff.md'])
  await second.put({ 'new.md': 'Leave is granted.' })
  t.ok(await second.finds('holiday', 'new.md'))
  await second.store.close()
  asked.length = 0
  const third = open(t, dataDir, url, 'large')
  t.ok(await third.finds('holiday', 'new.md'))
  t.ok(asked.every(({ body }) => body.model === 'large'))
  t.ok(inputsOf(asked).some((text) => text.startsWith('new.md')), 'embedded again')
})

t.test('search answers without the endpoint, the log says so once, and the key and the texts are in no line', async (t) => {
  for (const [turn, why] of [
    [(_, response) => send(response, 500, { error: `about ${KEY}` }), 'it answered 500'],
    [(_, response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(), /./],
    [(_, response) => response.end('<html>'), 'its answer is no JSON'],
    [(_, response) => send(response, 200, { data: [{ index: 0, embedding: ['x'] }, null] }), 'its answer has not one vector for each text'],
    [(_, response) => response.destroy(), /./]
  ] as Array<[Turn, string | RegExp]>) {
    const { asked, url } = await endpoint(t, turn)
    const { put, ids, lines, store } = open(t, await folder(t), url)
    await put(TEXTS)
    t.same(await ids('router'), ['it.md'])
    t.same(await ids('vacation'), ['staff.md'])
    t.equal(lines.length, 1)
    t.match(lines[0], why)
    t.notMatch(lines.join(), new RegExp(`${KEY}|router|vacation`))
    t.ok(asked.length <= 2, 'it is left alone for a while')
    await store.close()
  }
})

t.test('once the endpoint answers again, what is missing is made; one text that it refuses stops no other', async (t) => {
  const refuse: Turn = (one, response) =>
    one.body.input.some((text) => text.startsWith('bad.md')) ? send(response, 400, {}) : bySubject(one, response)
  const { asked, state, url } = await endpoint(t, (_, response) => send(response, 503, {}))
  const { put, finds, lines } = open(t, await folder(t), url)
  await put({ 'bad.md': 'It is refused.', ...TEXTS })
  while (asked.length === 0) await setTimeout(10)
  state.turn = refuse
  t.ok(await finds('holiday', 'staff.md'))
  t.match(lines, [/fails \(it answered 503\)/, /answers again/, /refuses a text/], 'each said once')
  t.equal(lines.length, 3)
})

t.test('one person who searches a hundred times at once leaves the endpoint to others (WK-10)', async (t) => {
  const { asked, state, url } = await endpoint(t)
  const { put, finds, store, ids } = open(t, await folder(t), url)
  await put(TEXTS)
  t.ok(await finds('holiday', 'staff.md'))
  asked.length = 0
  const held: Array<() => void> = []
  state.turn = (...turn) => { held.push(() => bySubject(...turn)) }
  const many = Array.from(
    { length: 100 }, () => store.search('router', 10, ALL_RIGHTS.documents, 'ann')
  )
  const other = store.search('holiday', 10, ALL_RIGHTS.documents, 'bob')
  while (!inputsOf(asked).includes('holiday')) await setTimeout(10)
  t.equal(asked.length, 5, 'four of one person')
  state.turn = bySubject
  for (const answer of held) answer()
  t.equal((await other)[0]?.id, 'staff.md')
  t.ok(
    (await Promise.all(many)).every(([first]) => first?.id === 'it.md'), 'the others by words alone'
  )
  t.equal((await ids('holiday'))[0], 'staff.md', 'and it is asked again')
})
