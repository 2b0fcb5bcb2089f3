// The list of documents: in the order of ids, by page and prefix, and a report of every change.
import t from 'tap'
import { ALL_RIGHTS } from '../../../plugins/access-rules/contract.ts'
import { createDocumentList } from '../../../plugins/library/document-list.ts'
import { openSqliteDocuments } from '../../../plugins/library/sqlite.ts'
import { folder } from '../../helpers/tool-context.ts'

t.test('pages in order, also after a change, which is reported', async (t) => {
  const { store, list, onChange } = createDocumentList(openSqliteDocuments(await folder(t)))
  t.teardown(() => store.close())
  const changes: Array<readonly string[]> = []
  onChange((ids) => changes.push(ids))
  const document = (id: string) => ({ id, title: id, text: 'x', type: 'text/plain', modified: 1, bytes: 1 })
  const ids = async (page: Parameters<typeof list>[1]) => {
    const { documents, more } = await list(ALL_RIGHTS.documents, page)
    return [...documents.map(({ id }) => id), more]
  }
  await store.put(['b', 'a/2', 'a/1'].map(document))
  t.same(await ids({ limit: 2 }), ['a/1', 'a/2', true])
  t.same(await ids({ limit: 2, after: 'a/2' }), ['b', false])
  t.same(await ids({ prefix: 'a/' }), ['a/1', 'a/2', false])
  await store.remove(['a/1'])
  t.same(await ids({}), ['a/2', 'b', false])
  t.same(changes, [['b', 'a/2', 'a/1'], ['a/1']])
})

t.test('a hundred thousand ids are sorted and composed in slices, in one order (LB-23)', async (t) => {
  const inner = openSqliteDocuments(await folder(t))
  const ids = Array.from({ length: 20_000 }, (_, index) => `${(index * 7919) % 20_000}/cafe\u0301 ${index}`)
  const listed = new Map(ids.map((id) => [id, { modified: 1, bytes: 1 }]))
  const titles = async (ids: readonly string[]) => ids.map((id) => ({ id, title: id }))
  const listing = Object.assign(Object.create(inner), { list: async () => listed, titles })
  const { store, sameId, list, count } = createDocumentList(listing)
  t.teardown(() => store.close())
  const { documents } = await list(ALL_RIGHTS.documents, { limit: 100 })
  t.same(documents.map(({ id }) => id), ids.toSorted().slice(0, 100))
  t.equal(await count(ALL_RIGHTS.documents), ids.length)
  let turns = 0
  let isDone = false
  const next = () => {
    turns++
    if (!isDone) setImmediate(next)
  }
  setImmediate(next)
  t.equal(await sameId(ids[5]!.normalize()), ids[5])
  isDone = true
  t.ok(turns >= 30, `${turns} turns`)
})

t.test('a store that is away for a moment is asked again for ids in another spelling (LB-05)', async (t) => {
  const inner = openSqliteDocuments(await folder(t))
  let isAway = true
  const list = () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(new Map([['cafe\u0301', { modified: 1, bytes: 1 }]])))
  const { store, sameId } = createDocumentList(Object.assign(Object.create(inner), { list }))
  t.teardown(() => store.close())
  await t.rejects(sameId('caf\u00e9'), { message: 'away' })
  isAway = false
  t.equal(await sameId('caf\u00e9'), 'cafe\u0301')
})
