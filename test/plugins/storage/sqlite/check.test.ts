// A database file that is gone while the server runs is no storage (threat SG-08).
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { StorageUnavailable } from '../../../../plugins/storage/contract.ts'
import { createCheck } from '../../../../plugins/storage/sqlite/check.ts'
import { openSqliteStorage } from '../../../../plugins/storage/sqlite/index.ts'
import { folder } from '../../../helpers/tool-context.ts'

const time = 1_800_000_000
const now = () => time

t.test('a folder that is deleted while the server runs is no storage (SG-08)', async (t) => {
  const place = join(await folder(t), 'data')
  const storage = openSqliteStorage(place, now)
  t.teardown(() => storage.close())
  await storage.check()
  await rm(place, { recursive: true })
  await t.rejects(storage.check(), { name: 'StorageUnavailable', message: /was deleted or replaced/ })
})

t.test('a look at the storage writes nothing, unless the last change failed (SG-08)', async (t) => {
  const file = join(await folder(t), 'a.db')
  const db = new DatabaseSync(file)
  t.teardown(() => db.close())
  db.exec('CREATE TABLE records (id)')
  let isAway = false
  let probes = 0
  const commits = {
    async add<R> (change: () => R): Promise<R> {
      if (isAway) throw new StorageUnavailable('away')
      return change()
    },
    idle: async () => {}
  }
  const { watched, check } = createCheck(db, file, commits, () => probes++)
  await watched.add(() => 1)
  await check()
  t.equal(probes, 0)
  isAway = true
  await t.rejects(watched.add(() => 1), StorageUnavailable)
  await t.rejects(check(), StorageUnavailable)
  isAway = false
  await check()
  t.equal(probes, 1)
  await check()
  t.equal(probes, 1, 'it takes changes again')
  await t.rejects(watched.add(() => { throw new TypeError('a fault of its own') }), TypeError)
  await check()
  t.equal(probes, 1)
})
