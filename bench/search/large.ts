// node bench/search/large.ts: 100,000 documents in each store: the time to index them, the size, the memory, and how
// long a search takes.
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { ALL_RIGHTS } from '../../plugins/access-rules/contract.ts'
import type { DocumentStore } from '../../plugins/library/contract.ts'
import { openPostgresDocuments } from '../../plugins/library/postgres.ts'
import { openSqliteDocuments } from '../../plugins/library/sqlite.ts'
import { connectPostgres } from '../../plugins/postgres.ts'
import { startPostgres } from '../../test/helpers/postgres.ts'
import { questions } from './questions.ts'
import { synthesize } from './synthetic.ts'

const COUNT = Number(process.argv[2] ?? 100_000)
const ROUNDS = 5

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`
const percentile = (sorted: number[], part: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!.toFixed(1)

async function run (name: string, store: DocumentStore, size: () => Promise<number>): Promise<void> {
  const stalls = monitorEventLoopDelay({ resolution: 5 })
  let busy = 0
  let characters = 0
  stalls.enable()
  for await (const batch of synthesize(COUNT)) {
    characters += batch.reduce((sum, { text }) => sum + text.length, 0)
    const from = performance.now()
    await store.put(batch)
    busy += performance.now() - from
  }
  const from = performance.now()
  await store.settle()
  stalls.disable()
  const settled = performance.now() - from
  console.log(
    `${name}: ${await store.count()} documents, ${megabytes(characters)} of text; indexed in ${Math.round((busy + settled) / 1000)} s (${Math.round(settled)} ms of it to settle), longest stall ${Math.round(stalls.max / 1e6)} ms, ${megabytes(await size())} on disk`
  )

  const times: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { query } of questions) {
      const from = performance.now()
      await store.search(query, 10, ALL_RIGHTS.documents)
      // The first round fills the caches.
      if (round > 0) times.push(performance.now() - from)
    }
  }
  times.sort((a, b) => a - b)
  console.log(
    `${name}: search p50 ${percentile(times, 0.5)} ms, p95 ${percentile(times, 0.95)} ms, p99 ${percentile(times, 0.99)} ms; memory of this process ${megabytes(process.memoryUsage().rss)}`
  )
}

const only = process.argv[3]
if (only !== 'postgres') {
  const folder = await mkdtemp(join(tmpdir(), 'bench-large-'))
  const sqlite = openSqliteDocuments(folder)
  await run('SQLite', sqlite, async () =>
    (await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size))).reduce(
      (sum, bytes) => sum + bytes,
      0
    )
  )
  await sqlite.close()
  await rm(folder, { recursive: true, force: true })
}
if (only !== 'sqlite') {
  const server = await startPostgres()
  if (server) {
    const connection = await connectPostgres(await server.newDatabase(), { warn () {} })
    await run('Postgres', await openPostgresDocuments(connection), async () =>
      Number((await connection.query<{ size: string }>('SELECT pg_database_size(current_database()) AS size'))[0]!.size)
    )
    await connection.close()
    await server.stop()
  }
}
