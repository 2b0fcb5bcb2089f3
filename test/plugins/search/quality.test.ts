// How well search answers: the judged questions of bench/search, over the documents that the packages of this project
// bring along.
import t, { type Test } from 'tap'
import { readCollection } from '../../../bench/search/collection.ts'
import { fromStore, keywordBaseline, untunedFts5 } from '../../../bench/search/engines.ts'
import { measure, ndcg } from '../../../bench/search/measure.ts'
import { questions } from '../../../bench/search/questions.ts'
import type { DocumentStore } from '../../../plugins/library/contract.ts'
import { openPostgresDocuments } from '../../../plugins/library/postgres.ts'
import { openSqliteDocuments } from '../../../plugins/library/sqlite.ts'
import { connectPostgres } from '../../../plugins/postgres.ts'
import { noPostgres, startPostgres } from '../../helpers/postgres.ts'
import { folder } from '../../helpers/tool-context.ts'

const { documents } = await readCollection()

t.test('the measure: the best order is 1, nothing found is 0, and lower down counts less', async (t) => {
  const grades = { a: 2, b: 1 }
  t.equal(ndcg(['a', 'b', 'x'], grades), 1)
  t.equal(ndcg(['x', 'y'], grades), 0)
  t.ok(ndcg(['a', 'x'], grades) > ndcg(['x', 'a'], grades))
  t.ok(ndcg(['b', 'a'], grades) < 1)
})

t.test('the judged set is large enough, and its documents are there', async (t) => {
  const known = new Set(documents.map(({ id }) => id))
  t.ok(questions.length >= 60, `${questions.length} questions`)
  t.ok(documents.length >= 2_000, `${documents.length} documents`)
  // Packages move their files at times; the bench names those that are gone.
  const judged = questions.flatMap(({ grades }) => Object.keys(grades))
  t.ok(judged.filter((id) => known.has(id)).length > judged.length * 0.95)
  t.same(
    questions.filter(({ grades }) => Object.keys(grades).length === 0),
    []
  )
})

/**
 * What it must reach: less than what it reached when it was written, since every package that comes brings more to
 * choose from.
 */
const MIN_NDCG = 0.6

/** What is plain, to be better than: measured once for both stores. */
const untuned = await measure(untunedFts5(documents), questions)
const plain = await measure(keywordBaseline(documents), questions)

async function answersWell (t: Test, name: string, store: DocumentStore): Promise<void> {
  for (let at = 0; at < documents.length; at += 50) await store.put(documents.slice(at, at + 50))
  await store.settle()
  const result = await measure(fromStore(name, store), questions)
  t.comment(
    `nDCG@10: ${name} ${result.ndcg.toFixed(3)}, FTS5 as it comes ${untuned.ndcg.toFixed(3)}, plain keyword count ${plain.ndcg.toFixed(3)}`
  )
  t.ok(result.ndcg >= MIN_NDCG, `nDCG@10 of ${result.ndcg.toFixed(3)}`)
  t.ok(result.ndcg > untuned.ndcg && result.ndcg > plain.ndcg * 3, 'better than what is plain')
}

t.test('SQLite answers the judged questions', async (t) => {
  const store = openSqliteDocuments(await folder(t))
  t.teardown(() => store.close())
  await answersWell(t, 'SQLite', store)
})

const server = await startPostgres()
t.teardown(() => server?.stop())

t.test('Postgres answers the judged questions', { skip: server ? false : noPostgres }, async (t) => {
  const postgres = await connectPostgres(await server!.newDatabase(), { warn () {} })
  t.teardown(() => postgres.close())
  await answersWell(t, 'Postgres', await openPostgresDocuments(postgres))
})
