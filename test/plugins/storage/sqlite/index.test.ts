// What is special to the SQLite storage: expired rows are deleted, and a closed file is unavailable (threat WB-05).
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { StorageUnavailable } from '../../../../plugins/storage/contract.ts'
import { openSqliteStorage } from '../../../../plugins/storage/sqlite/index.ts'
import { folder } from '../../../helpers/tool-context.ts'

t.test('SQLite: what has expired is deleted, and a closed file is «unavailable» (WB-05)', async (t) => {
  const place = await folder(t)
  let now = 1000
  const storage = openSqliteStorage(place, () => now)
  await storage.collection('thing').put('old', {}, 10)
  await storage.collection('thing').put('new', {}, null)
  await storage.count([{ key: 'counter', by: 1, ttl: 10 }])
  await storage.journal('deeds').append([{ topic: 'ann', entry: { n: 1 } }])
  now += 91 * 86_400
  t.equal(await storage.collection('thing').find('old'), undefined)
  await storage.close()
  await t.rejects(storage.collection('thing').find('new'), StorageUnavailable)
  await t.rejects(storage.check(), StorageUnavailable)
  const reopened = openSqliteStorage(place, () => now)
  t.teardown(() => reopened.close())
  const db = new DatabaseSync(join(place, 'oauth.db'))
  const rows = (table: string) => db.prepare(`SELECT count(*) AS n FROM ${table}`).get()!['n']
  for (const [table, left] of [
    ['records', 1],
    ['counters', 0],
    ['journal', 0]
  ] as const) {
    for (let tries = 0; tries < 200 && rows(table) !== left; tries++) await sleep(10)
    t.equal(rows(table), left, `${table}: what expired is gone, not only hidden`)
  }
  db.close()
})

t.test('a record is there until its end, and at its end for no operation', async (t) => {
  let now = 1_800_000_000
  const storage = openSqliteStorage(await folder(t), () => now)
  t.teardown(() => storage.close())
  const things = storage.collection<{ n: number }>('thing')
  const seen = (id: string) => things.update<boolean>(id, (found) => ({ result: found !== undefined }))
  for (const id of ['find', 'take', 'late take', 'create', 'update']) await things.put(id, { n: 1 }, 60)
  now += 59
  t.same([await things.find('find'), await things.take('take'), await seen('update')], [{ n: 1 }, { n: 1 }, true])
  t.equal(await things.create('create', { n: 2 }, 60), false)
  now += 1
  t.same([await things.find('find'), await things.take('late take'), await seen('update')], [undefined, undefined, false])
  t.equal(await things.create('create', { n: 2 }, 60), true)
})
