// The reserve on a full disk: reading, deleting and starting work, and it recovers by itself (threat SG-04).
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { openSqliteNotes } from '../../../../plugins/notes/sqlite.ts'
import { StorageUnavailable, type Storage } from '../../../../plugins/storage/contract.ts'
import { openSqliteStorage } from '../../../../plugins/storage/sqlite/index.ts'
import { mountSmallDisk, noSmallDisk } from '../../../helpers/small-disk.ts'
import { until } from '../../../helpers/until.ts'

let time = 1_800_000_000
const now = () => time
const big = { text: 'x'.repeat(30_000) }
const canWrite = (storage: Storage) =>
  storage
    .collection('thing')
    .put('probe', big, 5)
    .then(
      () => true,
      () => false
    )

async function fillWith (storage: Storage, most = Infinity): Promise<number> {
  const things = storage.collection('parked')
  for (let n = 0; ; n++) {
    if (n === most) return n
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
  'a full disk: reading, deleting and starting work, and it recovers by itself (SG-04)',
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
    t.ok(await until(() => storage.check().then(() => true, () => false)), 'and says so, once it is more than a little')
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

t.test('what is deleted on a full disk makes room for what comes next, also seconds later (SG-04)', { skip: disk ? false : noSmallDisk }, async (t) => {
  const { folder, fill, empty } = disk!
  const storage = openSqliteStorage(join(folder, 'later'), now)
  t.teardown(() => storage.close())
  await fillWith(storage, 200)
  await fill()
  t.ok((await fillWith(storage)) < 1_000)
  t.notOk(await canWrite(storage))
  // Two megabytes, which are too few for a reserve.
  for (let n = 0; n < 70; n++) await storage.collection('parked').take(`p${n}`)
  await delay(2_000)
  t.ok(await canWrite(storage))
  await storage.check()
  empty()
})
