// npm run bench:search: how well the judged questions are answered by SQLite, by Postgres, and by two plain baselines;
// then the judged sets from outside, where they are, beside other engines. With --each, question by question.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DocumentStore, IndexedDocument } from '../../plugins/library/contract.ts'
import { openPostgresDocuments } from '../../plugins/library/postgres.ts'
import { openSqliteDocuments } from '../../plugins/library/sqlite.ts'
import { connectPostgres } from '../../plugins/postgres.ts'
import { noPostgres, startPostgres } from '../../test/helpers/postgres.ts'
import { readCollection } from './collection.ts'
import { fromStore, keywordBaseline, untunedFts5, type Engine } from './engines.ts'
import { measure, type Measured } from './measure.ts'
import { measureOutside } from './outside.ts'
import { questions } from './questions.ts'

const BATCH = 50

async function fill (store: DocumentStore, documents: IndexedDocument[]): Promise<void> {
  for (let at = 0; at < documents.length; at += BATCH) await store.put(documents.slice(at, at + BATCH))
  await store.settle()
}

async function openSqlite () {
  const folder = await mkdtemp(join(tmpdir(), 'bench-search-'))
  return { name: 'SQLite', store: openSqliteDocuments(folder), close: () => rm(folder, { recursive: true, force: true }) }
}

async function openPostgres () {
  const connection = await connectPostgres(await server!.newDatabase(), { warn () {} })
  return { name: 'Postgres', store: await openPostgresDocuments(connection), close: () => connection.close() }
}

const { documents, digest } = await readCollection()
const known = new Set(documents.map(({ id }) => id))
const missing = questions.flatMap(({ grades }) => Object.keys(grades)).filter((id) => !known.has(id))
console.log(
  `${documents.length} documents (${digest}), ${questions.length} questions${missing.length > 0 ? `; judged, but not installed: ${missing.join(', ')}` : ''}\n`
)

const folder = await mkdtemp(join(tmpdir(), 'bench-search-'))
const sqlite = openSqliteDocuments(folder)
await fill(sqlite, documents)
const engines: Engine[] = [fromStore('SQLite', sqlite)]
const server = await startPostgres()
const connection = server && (await connectPostgres(await server.newDatabase(), { warn () {} }))
if (connection) {
  const postgres = await openPostgresDocuments(connection)
  await fill(postgres, documents)
  engines.push(fromStore('Postgres', postgres))
} else console.log(`${noPostgres}\n`)
engines.push(untunedFts5(documents), keywordBaseline(documents))

const results: Measured[] = []
for (const engine of engines) results.push(await measure(engine, questions))
console.log(`${'engine'.padEnd(22)}nDCG@10  first hit answers  answer in first ten`)
for (const { name, ndcg, first, found } of results) {
  console.log(
    `${name.padEnd(22)}${ndcg.toFixed(3).padEnd(9)}${`${Math.round(first * 100)} %`.padEnd(19)}${Math.round(found * 100)} %`
  )
}
if (process.argv.includes('--each')) {
  console.log(`\n${results.map(({ name }) => name).join(' | ')}`)
  for (const [index, { query }] of questions.entries()) {
    console.log(`${results.map(({ perQuestion }) => perQuestion[index]!.toFixed(2)).join('  ')}  ${query}`)
  }
}

await sqlite.close()
await connection?.close()
console.log()
await measureOutside([openSqlite, ...(server ? [openPostgres] : [])])
await server?.stop()
await rm(folder, { recursive: true, force: true })
