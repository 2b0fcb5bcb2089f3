// A database file that is gone while the server runs is no storage (threat SG-08).
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
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
