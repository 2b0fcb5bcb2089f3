// The connection to Postgres: what a start says
// of one that does not answer, and which faults are an outage.
import t from 'tap'
import pg from 'pg'
import { connectPostgres, migrate, SCHEMA } from '../../plugins/postgres.ts'
import { StorageUnavailable } from '../../plugins/storage/contract.ts'
import { noPostgres, startPostgres } from '../helpers/postgres.ts'
import { freePort } from '../helpers/ports.ts'
import { until } from '../helpers/until.ts'

const log = { warn () {} }
const server = await startPostgres()
t.teardown(() => server?.stop())
const skip = server ? false : noPostgres

t.test('a Postgres that does not answer stops the start, with what to check and no password', async (t) => {
  const port = await freePort()
  const error = await connectPostgres(`postgres://ann:hunter2@127.0.0.1:${port}/x`, log).catch((error) => error)
  t.match(error, { name: 'StartError' })
  t.match(error.message, `DATABASE_URL: Postgres at 127.0.0.1:${port} did not answer as it should (`)
  t.match(error.message, /ECONNREFUSED.*Check the address, the user/)
  t.notMatch(error.message, 'hunter2')
})

t.test('a user without the rights gets the fault of Postgres, and holds no connection', { skip }, async (t) => {
  const url = await server!.newDatabase()
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  t.teardown(() => admin.end())
  await admin.query("CREATE ROLE reader LOGIN PASSWORD 'reader'")
  const reader = Object.assign(new URL(url), { username: 'reader', password: 'reader' }).href
  const { end } = pg.Pool.prototype
  let ended = 0
  t.teardown(() => { pg.Pool.prototype.end = end })
  pg.Pool.prototype.end = function (...args: unknown[]) {
    ended++
    return Reflect.apply(end, this, args)
  }
  await t.rejects(connectPostgres(reader, log), {
    code: '42501',
    message: /permission denied/
  })
  t.equal(ended, 1)
  const { rows } = await admin.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [SCHEMA])
  t.same(rows, [])
})

t.test('an instance whose schema another makes at the same moment starts', { skip }, async (t) => {
  const url = await server!.newDatabase()
  const other = new pg.Client({ connectionString: url })
  await other.connect()
  t.teardown(() => other.end())
  await other.query(`BEGIN; CREATE SCHEMA ${SCHEMA}`)
  const starting = connectPostgres(url, log)
  const waits = 'SELECT 1 FROM pg_locks WHERE NOT granted'
  t.ok(await until(async () => (await other.query(waits)).rows.length > 0))
  await other.query('COMMIT')
  const postgres = await starting
  t.teardown(() => postgres.close())
  t.same(await postgres.query('SELECT 1 AS n'), [{ n: 1 }])
})

t.test('a fault of a statement is its own, is undone, and one of the connection is an outage', { skip }, async (t) => {
  const postgres = await connectPostgres(await server!.newDatabase(), log)
  t.teardown(() => postgres.close())
  await migrate(postgres, `CREATE TABLE ${SCHEMA}.things (n int)`)
  await t.rejects(
    postgres.transaction(async (query) => {
      await query(`INSERT INTO ${SCHEMA}.things VALUES (1)`)
      await query('SELEC 1')
    }),
    { name: 'error', code: '42601' }
  )
  t.same(await postgres.query(`SELECT n FROM ${SCHEMA}.things`), [])
  await t.rejects(
    postgres.transaction(async (query) => {
      await query('SELECT pg_terminate_backend(pg_backend_pid())')
    }),
    StorageUnavailable
  )
  t.same(await postgres.query('SELECT 1 AS n'), [{ n: 1 }])
})
