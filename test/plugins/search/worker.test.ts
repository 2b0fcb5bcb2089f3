// Searches are made in a process of their own: the same hits as here, and this thread is free meanwhile (BW-06, SW-01).
import t from 'tap'
import { ToolError } from '../../../authoring/tool.ts'
import { ALL_RIGHTS } from '../../../plugins/access-rules/contract.ts'
import search, { type Search } from '../../../plugins/search/search-task.ts'
import cutSnippets, { type Snippets } from '../../../plugins/search/snippet-task.ts'
import { snippetOf } from '../../../plugins/search/snippet.ts'
import { parseQuery } from '../../../plugins/search/tokenize.ts'
import { createSearchWorker, snippetsOf } from '../../../plugins/search/worker.ts'
import { WorkersBusy, type Workers } from '../../../plugins/workers.ts'
import { openSqliteDocuments } from '../../../plugins/library/sqlite.ts'
import { openSqliteNotes } from '../../../plugins/notes/sqlite.ts'
import { folder, toolContexts } from '../../helpers/tool-context.ts'

const long = (piece: string, characters = 40_000): string =>
  piece.repeat(Math.ceil(characters / piece.length)).slice(0, characters)
const QUERIES = ['walnut', 'wal*', 'number 7', '紅茶', '"common words of the document"', 'com* wor* doc* nam*', '"日本語の会議"', 'wlanut']

const EVERYBODYS = { audiences: [0], isAll: true }

t.test('a search reads the index and gives the hits of the store', async (t) => {
  const place = await folder(t)
  const [documents, notes] = [openSqliteDocuments(place), openSqliteNotes(place)]
  t.teardown(() => Promise.all([documents.close(), notes.close()]))
  await documents.put(
    Array.from({ length: 40 }, (_, index) => ({
      id: `${index}.md`,
      title: `Number ${index}`,
      type: 'text/plain',
      modified: 1,
      bytes: 1,
      text: `${index === 7 ? 'the walnut tree, 紅茶. ' : ''}${long(index % 2 ? 'common words of the document and its name ' : '日本語の会議 common words of the document ')}`
    }))
  )
  const note = { id: 'a', title: 'Number 7', text: 'the walnut tree, 紅茶: common words of the document, 日本語の会議', version: 1, created: 1, modified: 1 }
  await notes.update('ann', 'a', () => note)
  const made: Search[] = []
  const run = async (_task: URL, input: unknown) => {
    made.push(input as Search)
    return search(input as Search) as never
  }
  const worker = createSearchWorker({ run }, place)
  for (const query of QUERIES) {
    const hits = await documents.search(query, 10, ALL_RIGHTS.documents)
    t.ok(hits.length > 0, query)
    t.same(await worker.searchDocuments(query, 10, EVERYBODYS, null), hits, query)
    const own = await notes.search('ann', query, 10)
    t.equal(own.length, 1, query)
    t.same(await worker.searchNotes(query, 10, 'ann', 'ann'), own, query)
    t.same(await worker.searchNotes(query, 10, 'bob', 'bob'), [], 'and nobody else finds a note')
  }
  t.equal(made.length, 3 * QUERIES.length)
})

t.test('one person who asks for much is told so, and others have their turns', async (t) => {
  const { promise: held, resolve: free } = Promise.withResolvers<never[]>()
  const worker = createSearchWorker({ run: () => held as never }, await folder(t))
  const asked = Array.from({ length: 520 }, () => worker.searchDocuments('walnut', 10, EVERYBODYS, 'ann').catch((error: unknown) => error))
  const other = worker.searchDocuments('walnut', 10, EVERYBODYS, 'bob')
  const shared = ['a', 'b'].flatMap((address) => Array.from({ length: address === 'a' ? 510 : 1 }, () =>
    worker.searchNotes('walnut', 10, '-', address).catch((error: unknown) => error)))
  free([])
  t.same(await other, [])
  t.same(await shared.at(-1), [], 'also where many have the same notes')
  const refused = (await Promise.all(asked)).filter((answer) => answer instanceof WorkersBusy)
  t.ok(refused.length > 0 && refused.length < 100, `${refused.length} refused`)
})

t.test('the snippets of what Postgres finds are cut there as they would be here, in the turn of the person (BW-09)', async (t) => {
  const { words } = parseQuery('walnut tree')
  const texts = [`${long('nothing ')} the walnut tree`, 'no such word', '']
  const tasks: unknown[][] = []
  const run = async (...[task, input, options]: Parameters<Workers['run']>) => {
    tasks.push([task.pathname.split('/').at(-1), options.person, options.reads])
    return cutSnippets(input as Snippets) as never
  }
  const worker = createSearchWorker({ run }, await folder(t))
  const cut = await snippetsOf(worker, texts, words, 'ann')
  t.same(cut, texts.map((text) => snippetOf(text, words)))
  t.match(cut[0], /the walnut tree/)
  t.same(await snippetsOf(undefined, texts, words, 'ann'), cut)
  t.same(await snippetsOf(worker, [], words, 'ann'), [])
  t.same(tasks, [['snippet-task.ts', { server: 'search' }, undefined]])
})

t.test('a search that takes too long is stopped in words', async (t) => {
  const run = async () => { throw Object.assign(new Error('late'), { name: 'TimeoutError' }) }
  await t.rejects(createSearchWorker({ run }, await folder(t)).searchDocuments('walnut', 10, EVERYBODYS, null), ToolError)
})

t.test('in the server a search leaves this thread free', async (t) => {
  const files = Object.fromEntries(
    Array.from({ length: 60 }, (_, index) => [`${index}.md`, long(`common words of the document ${index} and what is the name of it. `, 300_000)])
  )
  const { library } = (await toolContexts(t, files))({ id: 'ann' })
  await library.search('common')
  const before = process.threadCpuUsage()
  t.equal((await library.search('"common words of the document"', { limit: 5 })).length, 5)
  const { user, system } = process.threadCpuUsage(before)
  t.ok(user + system < 50_000, `${(user + system) / 1_000} ms of this thread`)
})

t.test('what its process takes to start is no time of a search (WS-01)', async (t) => {
  const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
  const run: Workers['run'] = async (_task, input, { signal, begun }) => {
    await sleep(60)
    signal?.throwIfAborted()
    begun?.()
    if ((input as Search).query === 'long') await sleep(500)
    signal?.throwIfAborted()
    return [] as never
  }
  const limits = { sliceMs: 20 }
  const worker = createSearchWorker({ run }, await folder(t), limits)
  const search = (query: string, person: string) =>
    worker.searchDocuments(query, 10, EVERYBODYS, person)
  const people = ['ann', 'bob', 'cid']
  await t.resolves(Promise.all(people.map((one) => search('walnut', one))))
  const long = t.rejects(search('long', 'ann'), /too long/, 'but what follows is')
  await search('walnut', 'bob')
  await long
})
