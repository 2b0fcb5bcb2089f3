// What has expired is deleted until nothing of it is left, in small steps (threat SG-06).
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { JOURNAL_BOUNDS } from '../../../../plugins/storage/contract.ts'
import { createMonotonicTime } from '../../../../plugins/storage/monotonic-time.ts'
import { openSqliteStorage } from '../../../../plugins/storage/sqlite/index.ts'
import { startSweeping } from '../../../../plugins/storage/sqlite/sweep.ts'
import { folder } from '../../../helpers/tool-context.ts'
import { until } from '../../../helpers/until.ts'

const time = 1_800_000_000
const now = () => time

/** How many were left, in each turn of the event loop, until none was: others come in wherever this did. */
async function watch (left: () => number): Promise<Set<number>> {
  const seen = new Set<number>()
  for (let rest = left(); rest > 0; rest = left()) {
    seen.add(rest)
    await nextTurn()
  }
  return seen
}

t.test('everything that has expired is swept, in small steps (SG-06)', async (t) => {
  const place = await folder(t)
  await openSqliteStorage(place, now).close()
  const db = new DatabaseSync(join(place, 'oauth.db'))
  t.teardown(() => db.close())
  db.exec('BEGIN')
  const put = db.prepare('INSERT INTO records (kind, id, value, expires) VALUES (?, ?, ?, 1)')
  for (let n = 0; n < 3_000; n++) put.run('old', `${n}`, '{}')
  db.exec(`INSERT INTO journal (name, at, entry) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${JOURNAL_BOUNDS.entries + 50})
    SELECT 'j', ${time}, i FROM n`)
  db.exec('COMMIT')
  const left = (table: string, where = 'true') =>
    Number(db.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${where}`).get()!['n'])
  const storage = openSqliteStorage(place, now)
  t.teardown(() => storage.close())
  const seen = await watch(() => left('records', "kind = 'old'"))
  t.ok(seen.size > 2, `others came in between: ${[...seen].join(', ')}`)
  t.ok(
    await until(() => left('journal') === JOURNAL_BOUNDS.entries), 'no more entries are kept'
  )
  t.equal(
    (await storage.journal('j').all()[Symbol.asyncIterator]().next()).value, 51, 'the oldest are gone'
  )
})

t.test('large records that have expired are swept a few at a time (SG-06)', async (t) => {
  const place = await folder(t)
  await openSqliteStorage(place, now).close()
  const db = new DatabaseSync(join(place, 'oauth.db'))
  t.teardown(() => db.close())
  db.exec(`INSERT INTO records (kind, id, value, expires) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 80)
    SELECT 'large', i, printf('%.*c', 512 * 1024, 'x'), 1 FROM n`)
  const left = () => Number(
    db.prepare("SELECT count(*) AS n FROM records WHERE kind = 'large'").get()!['n']
  )
  const storage = openSqliteStorage(place, now)
  t.teardown(() => storage.close())
  const seen = await watch(left)
  t.ok(seen.size > 2, `others came in between: ${[...seen].join(', ')}`)
})

t.test('a clock that is far ahead when the server starts deletes nothing at once (SG-12)', async (t) => {
  const place = await folder(t)
  const start = async (at: number) => {
    const storage = openSqliteStorage(place, () => at)
    const kept = await createMonotonicTime(storage, () => at, { warn () {} })
    return { storage, stop: async () => { await kept.close(); await storage.close() } }
  }
  const before = await start(time)
  await before.storage.collection('grant').put('of ann', { n: 1 }, 86_400)
  await before.stop()

  const wrong = await start(time + 400 * 86_400)
  // The sweep of the start has come and gone when what was asked for after it is done.
  await wrong.storage.collection('thing').put('a', {}, 60)
  await wrong.stop()
  const right = await start(time)
  t.same(await right.storage.collection('grant').find('of ann'), { n: 1 })
  await right.stop()
})

t.test('it begins at once, where nothing speaks against the clock', async (t) => {
  const times: number[] = []
  const slice = async (at: number) => times.push(at) && 0
  const { stop } = startSweeping([slice], now)
  t.teardown(stop)
  t.ok(await until(() => times.length > 0))
  t.same(times, [time])
})
