// Searches that read many postings: the same hits as any other, made in a worker, so that no one waits (BW-06, SW-01).
import t, { type Test } from 'tap'
import type { HeavySearch } from '../../../plugins/search/heavy-search.ts'
import search, { type SearchStatement } from '../../../plugins/search/heavy-search-task.ts'
import { openSqliteDocuments } from '../../../plugins/library/sqlite.ts'
import { openSqliteNotes } from '../../../plugins/notes/sqlite.ts'
import { folder, toolContexts } from '../../helpers/tool-context.ts'

const long = (piece: string, characters = 40_000): string =>
  piece.repeat(Math.ceil(characters / piece.length)).slice(0, characters)
const LIGHT = ['walnut', 'wal*', 'number 7', '紅茶']
const HEAVY = [
  '"common words of the document"',
  'common words of the document',
  'com* wor* doc* nam*',
  '"日本語の会議"'
]

/** Notes down what goes elsewhere, and makes it here. */
function noting (): { heavy: HeavySearch; looks: SearchStatement[] } {
  const looks: SearchStatement[] = []
  return {
    looks,
    heavy: async (asked) => {
      looks.push(asked)
      await Promise.resolve()
      return search(asked)
    }
  }
}

async function sameHits (
  t: Test,
  plain: (query: string) => Promise<unknown[]>,
  divided: (query: string) => Promise<unknown[]>,
  looks: SearchStatement[]
): Promise<void> {
  for (const query of [...LIGHT, ...HEAVY]) {
    looks.length = 0
    const hits = await plain(query)
    t.ok(hits.length > 0, query)
    t.same(await divided(query), hits, query)
    t.equal(looks.length, HEAVY.includes(query) ? 1 : 0, query)
  }
}

t.test('documents', async (t) => {
  const place = await folder(t)
  const { heavy, looks } = noting()
  const [plain, divided] = [openSqliteDocuments(place), openSqliteDocuments(place, heavy)]
  t.teardown(async () => {
    await plain.close()
    await divided.close()
  })
  await plain.put(
    Array.from({ length: 100 }, (_, index) => ({
      id: `${index}.md`,
      title: `Number ${index}`,
      type: 'text/plain',
      modified: 1,
      bytes: 1,
      text: `${index === 7 ? 'the walnut tree, 紅茶. ' : ''}${long(index % 2 ? 'common words of the document and its name ' : '日本語の会議 common words of the document ')}`
    }))
  )
  await sameHits(
    t,
    (query) => plain.search(query, 10),
    (query) => divided.search(query, 10),
    looks
  )
})

t.test('notes: only the own ones count, for what is heavy too', async (t) => {
  const place = await folder(t)
  const { heavy, looks } = noting()
  const [plain, divided] = [openSqliteNotes(place), openSqliteNotes(place, heavy)]
  t.teardown(async () => {
    await plain.close()
    await divided.close()
  })
  for (const owner of ['ann', 'bob']) {
    for (let index = 0; index < 100; index++) {
      const text = `${index === 7 ? 'the walnut tree, 紅茶. ' : ''}${long(index % 2 ? 'common words of the document and its name ' : '日本語の会議 common words of the document ', 39_000)}`
      await plain.update(owner, `${owner}${index}`, () => ({
        id: `${owner}${index}`,
        title: `number ${index}`,
        text,
        version: 1,
        created: 1,
        modified: 1
      }))
    }
  }
  await plain.update('cy', 'cy', () => ({
    id: 'cy',
    title: 'common words',
    text: 'common words of the document',
    version: 1,
    created: 1,
    modified: 1
  }))
  await sameHits(
    t,
    (query) => plain.search('ann', query, 10),
    (query) => divided.search('ann', query, 10),
    looks
  )
  for (const query of HEAVY) {
    t.ok(
      (await divided.search('ann', query, 50)).every(({ id }) => id.startsWith('ann')),
      query
    )
  }
  for (const [query, statements] of [
    ['common words of the document', 0],
    ['"common words of the document"', 1]
  ] as const) {
    looks.length = 0
    t.same(
      (await divided.search('cy', query, 10)).map(({ id }) => id),
      ['cy']
    )
    t.equal(looks.length, statements, 'with few notes plain words are light, whatever others wrote; a phrase is not')
  }
})

const unique = (first: number): string =>
  Array.from({ length: 3_000 }, (_, index) => `aqqqqqqqq${(first + index).toString(36)}`).join(' ')

t.test('a prefix over a vocabulary that others wrote goes elsewhere, and weighing it takes little (SW-01)', async (t) => {
  const { heavy, looks } = noting()
  const store = openSqliteNotes(await folder(t), heavy)
  t.teardown(() => store.close())
  for (let index = 0; index < 40; index++) {
    const id = `n${index}`
    const words = { title: id, text: unique(index * 3_000) }
    await store.update('mallory', id, () => ({ id, ...words, version: 1, created: 1, modified: 1 }))
  }
  const queries = [
    ['aq* aqq* aqqq* aqqqq* aqqqqq* aqqqqqq* aqqqqqqq* aqqqqqqqq*', 'eight prefixes'],
    ['aqqing*', 'a prefix that the tokenizer shortens'],
    ['aqqqqqqqq1zz*', undefined]
  ] as const
  for (const person of ['mallory', 'ann']) {
    for (const [query, isHeavy] of queries) {
      looks.length = 0
      const before = process.threadCpuUsage()
      const made = store.search(person, query, 10)
      const { user, system } = process.threadCpuUsage(before)
      t.ok(user + system < 150_000, `${person}, ${query}: ${(user + system) / 1_000} ms before it is handed on`)
      t.equal(looks.length, isHeavy ? 1 : 0, query)
      await made
    }
  }
})

t.test('in the server they are made by a worker, which may read nothing but the index', async (t) => {
  const files = Object.fromEntries(
    Array.from({ length: 60 }, (_, index) => [
      `${index}.md`,
      long(`common words of the document ${index} and what is the name of it. `, 300_000)
    ])
  )
  const { library } = (await toolContexts(t, files))({ id: 'ann' })
  await library.search('common')
  const before = process.threadCpuUsage()
  t.equal((await library.search('"common words of the document"', { limit: 5 })).length, 5)
  const { user, system } = process.threadCpuUsage(before)
  t.ok(user + system < 100_000, `${(user + system) / 1_000} ms of this thread`)
})
