// SQLite under faults: a full disk, a lock of another process, a folder that is deleted or was open to others, files
// that are damaged or empty (threats SG-04 to SG-09).
import { chmod, mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { openSqliteNotes } from '../../../../plugins/notes/sqlite.ts'
import { JOURNAL_BOUNDS, StorageUnavailable, type Storage } from '../../../../plugins/storage/contract.ts'
import { openSqliteStorage } from '../../../../plugins/storage/sqlite/index.ts'
import { mountSmallDisk, noSmallDisk } from '../../../helpers/small-disk.ts'
import { folder } from '../../../helpers/tool-context.ts'

let time = 1_800_000_000
const now = () => time
const until = async (holds: () => boolean | Promise<boolean>) => {
  for (let tries = 0; tries < 600; tries++) {
    if (await holds()) return true
    await sleep(20)
  }
  return false
}
const big = { text: 'x'.repeat(30_000) }
const canWrite = (storage: Storage) =>
  storage
    .collection('thing')
    .put('probe', big, 5)
    .then(
      () => true,
      () => false
    )

async function fillWith (storage: Storage): Promise<number> {
  const things = storage.collection('parked')
  for (let n = 0; ; n++) {
    try {
      await things.put(`p${n}`, big, 600)
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error
      return n
    }
  }
}

const note = (id: string) => ({ id, title: id, text: 'words '.repeat(400), version: 1, created: 1, modified: 1 })

const disk = mountSmallDisk(t, 24)

t.test(
  'SG-04: a full disk: reading, deleting and starting work, and it recovers by itself',
  { skip: disk ? false : noSmallDisk },
  async (t) => {
    const { folder, fill, empty } = disk!
    const data = join(folder, 'data')
    let storage = openSqliteStorage(data, now)
    let notes = openSqliteNotes(data)
    t.teardown(async () => {
      await storage.close()
      await notes.close()
    })
    const things = storage.collection<object>('thing')
    await things.put('kept', { n: 1 }, null)
    for (let n = 0; n < 20; n++) await notes.update('ann', `n${n}`, () => note(`n${n}`))
    t.ok((await fillWith(storage)) > 100)
    await fill()
    await fillWith(storage)

    t.same(await things.find('kept'), { n: 1 })
    await t.rejects(storage.collection('parked').put('one more', big, 600), StorageUnavailable)
    await t.rejects(storage.check(), StorageUnavailable)
    await t.rejects(
      notes.update('ann', 'new', () => ({ ...note('new'), text: 'y'.repeat(100_000) })),
      StorageUnavailable
    )
    t.equal((await notes.list('ann', 50)).length, 20)
    await notes.update('ann', 'n0', () => null)
    t.equal(await notes.removeAll('ann'), 19, 'people can delete')

    await storage.close()
    await notes.close()
    storage = openSqliteStorage(data, now)
    notes = openSqliteNotes(data)
    t.same(await storage.collection('thing').find('kept'), { n: 1 }, 'it starts on a full disk')
    t.equal((await storage.collection('parked').take('p1')) !== undefined, true, 'and takes')

    await storage.close()
    time += 601
    storage = openSqliteStorage(data, now)
    t.ok(await until(() => canWrite(storage)), 'what has expired makes room, although others hold the rest of the disk')
    await storage.check()
    empty()
    await notes.update('ann', 'again', () => note('again'))
    t.ok(
      await until(() =>
        stat(join(data, 'reserve')).then(
          () => true,
          () => false
        )
      ),
      'there is a reserve again'
    )
    t.ok((await fillWith(storage)) > 100, 'and it grows as before')
  }
)

t.test(
  'SG-05: the lock of another process: everybody else is served, and the change is made when it is free',
  async (t) => {
    const place = await folder(t)
    const storage = openSqliteStorage(place, now)
    const notes = openSqliteNotes(place)
    const others = ['oauth.db', 'notes.db'].map((name) => new DatabaseSync(join(place, name)))
    t.teardown(async () => {
      await storage.close()
      await notes.close()
      others.forEach((db) => db.close())
    })
    for (const db of others) db.exec('BEGIN IMMEDIATE')
    const settled: string[] = []
    const work = [
      storage
        .collection('thing')
        .put('a', {}, 60)
        .then(() => settled.push('put')),
      storage.count([{ key: 'k', by: 1, ttl: 60 }]).then(() => settled.push('count')),
      storage
        .journal('j')
        .append([{ topics: [], entry: 1 }])
        .then(() => settled.push('append')),
      notes.update('ann', 'n', () => note('n')).then(() => settled.push('note'))
    ]
    let longest = 0
    for (const end = performance.now() + 600; performance.now() < end;) {
      const began = performance.now()
      await storage.collection('thing').find('a')
      await setImmediate()
      longest = Math.max(longest, performance.now() - began)
    }
    t.ok(longest < 500, `the longest that anybody waited: ${Math.round(longest)} ms`)
    t.same(settled, [])
    for (const db of others) db.exec('ROLLBACK')
    await Promise.all(work)
    t.same(await storage.collection('thing').find('a'), {})
    t.same(await storage.counts(['k']), [1])
    t.ok(await notes.find('ann', 'n'))
  }
)

t.test('SG-06: everything that has expired is swept, in small steps', async (t) => {
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
  const left = (table: string) => Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()!['n'])
  const storage = openSqliteStorage(place, now)
  t.teardown(() => storage.close())
  const seen: number[] = []
  t.ok(
    await until(() => {
      seen.push(left('records'))
      return seen.at(-1)! < 5
    })
  )
  t.ok(seen.length > 2, 'others came in between')
  t.ok(await until(() => left('journal') === JOURNAL_BOUNDS.entries), 'no more entries are kept')
  t.equal((await storage.journal('j').all()[Symbol.asyncIterator]().next()).value, 51, 'the oldest are gone')
})

t.test(
  "SG-07: the files are the user's own, also in a folder that was open to others",
  { skip: process.platform === 'win32' },
  async (t) => {
    const place = join(await folder(t), 'data')
    await mkdir(place, { mode: 0o755 })
    await openSqliteStorage(place, now).close()
    await chmod(join(place, 'oauth.db'), 0o644)
    const storage = openSqliteStorage(place, now)
    const notes = openSqliteNotes(place)
    t.teardown(async () => {
      await storage.close()
      await notes.close()
    })
    await storage.collection('thing').put('a', {}, 60)
    for (const name of ['oauth.db', 'oauth.db-wal', 'oauth.db-shm', 'notes.db', 'notes.db-wal', 'reserve']) { t.equal((await stat(join(place, name))).mode & 0o777, 0o600, name) }
    await openSqliteStorage(join(place, 'new'), now).close()
    t.equal((await stat(join(place, 'new'))).mode & 0o777, 0o700)
  }
)

t.test('SG-08: a folder that is deleted while the server runs is no storage', async (t) => {
  const place = join(await folder(t), 'data')
  const storage = openSqliteStorage(place, now)
  t.teardown(() => storage.close())
  await storage.check()
  await rm(place, { recursive: true })
  await t.rejects(storage.check(), { name: 'StorageUnavailable', message: /was deleted or replaced/ })
})

async function refused (
  t: Test,
  place: string,
  message: RegExp,
  name = 'oauth.db',
  open: (place: string) => unknown = (place) => openSqliteStorage(place, now)
) {
  const before = await stat(join(place, name))
  t.throws(() => open(place), { name: 'StartError', message })
  t.equal((await stat(join(place, name))).size, before.size, 'nothing was changed')
}

t.test('SG-09: what is damaged or empty is refused with the file and the way out, and left as it is', async (t) => {
  const place = await folder(t)
  await writeFile(join(place, 'secret-key'), 'k')
  await writeFile(join(place, 'oauth.db'), '')
  await refused(t, place, /oauth\.db is empty, although this folder has been in use.*Restore a backup/)
  await writeFile(join(place, 'oauth.db-wal'), 'what it held')
  await refused(t, place, /oauth\.db is empty/)
  t.equal((await stat(join(place, 'oauth.db-wal'))).size, 12, 'nor is its log')
  await rm(join(place, 'oauth.db-wal'))
  await writeFile(join(place, 'oauth.db'), 'this is no database at all, really not '.repeat(200))
  await refused(t, place, /oauth\.db is damaged \(file is not a database\)\. Restore a backup/)
  await writeFile(join(place, 'notes.db'), 'this is no database at all, really not '.repeat(200))
  await refused(t, place, /notes\.db is damaged/, 'notes.db', openSqliteNotes)
  const file = join(place, 'file')
  await writeFile(file, '')
  t.throws(() => openSqliteStorage(file, now), {
    name: 'StartError',
    message: /^DATA_DIR: the server cannot write to .*chown/
  })
})
