// Connections that end, or no longer answer, while database_query has them: the server goes on, and they are not used again.
import { connect, createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { openDatabaseQuery } from './open.ts'
import { everyone, shop, test } from './shop.ts'

const LONG = 'SELECT count(*) FROM generate_series(1, 4000) a, generate_series(1, 10000) b, generate_series(1, 1000) c'
const ONE = { rows: [[1]] }

// What nobody listens for would be an uncaught exception, with which the process ends: it fails this test.
test('Postgres is restarted in the middle of a query (TL-31)', async (t) => {
  const { reader, client, role } = await shop(t)
  const { ask } = await openDatabaseQuery(t, everyone(reader))
  t.match(await ask({ sql: 'SELECT 1' }), ONE)
  const answer = ask({ sql: LONG })
  const isRunning = async () => (await client.query("SELECT FROM pg_stat_activity WHERE usename = $1 AND query LIKE '%generate_series%'", [role])).rowCount
  while (!(await isRunning())) await sleep(20)
  await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [role])
  t.match(await answer, { error: /cannot be reached right now/ })
  await sleep(200)
  t.match(await ask({ sql: 'SELECT 1' }), ONE)
})

/** The database behind something that passes nothing on any more once it has seen the one that is looked for. */
async function silentAfter (t: Test, url: string, isIt: (sent: Buffer) => boolean) {
  let isLost = true
  const to = new URL(url)
  const between = createServer((client) => {
    const database = connect(Number(to.port), to.hostname)
    let isSilent = false
    for (const [from, other] of [[client, database], [database, client]] as const) {
      from.on('error', () => {})
      from.on('close', () => other.destroy())
      from.on('data', (data) => {
        isSilent ||= isLost && from === client && isIt(data)
        if (!isSilent) other.write(data)
      })
    }
  })
  await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve))
  t.teardown(() => between.close())
  const { port } = between.address() as AddressInfo
  return {
    url: Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port) }).href,
    answerAgain () {
      isLost = false
    }
  }
}

/** By what it sends last (PostgreSQL "Message Formats"). */
const LAST = {
  'the end of a cursor': (sent: Buffer) => sent[0] === 'C'.charCodeAt(0),
  'a rollback': (sent: Buffer) => sent.includes('ROLLBACK')
}

for (const [name, isIt] of Object.entries(LAST)) {
  test(`a connection that is silent after ${name} is cut, and given back (TL-31)`, async (t) => {
    const { reader } = await shop(t)
    const { url, answerAgain } = await silentAfter(t, reader, isIt)
    const { ask } = await openDatabaseQuery(t, { ...everyone(url), DATABASE_QUERY_TIMEOUT: '1' })
    const began = performance.now()
    // There are more rows than are asked for: the cursor has to be closed.
    const sql = 'SELECT 1 FROM generate_series(1, 20)'
    const both = Promise.all(['ann', 'bob'].map((person) => ask({ sql, limit: 1 }, { person })))
    await Promise.race([both, sleep(8_000, undefined, { ref: false })])
    t.ok(performance.now() - began < 8_000, 'before Postgres ends it, after ten seconds')
    answerAgain()
    t.match(await ask({ sql: 'SELECT 1' }), ONE)
  })
}
