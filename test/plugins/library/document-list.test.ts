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
