// A start with data that is damaged inside: one
// sentence that says where, and nothing is changed.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import storage from '../../../plugins/storage/index.ts'
import { openSqliteStorage } from '../../../plugins/storage/sqlite/index.ts'
import { folder } from '../../helpers/tool-context.ts'

t.test('records that cannot be read stop the start, with the way out (SG-09)', async (t) => {
  const place = await folder(t)
  const before = openSqliteStorage(place, () => 1_000)
  for (let n = 0; n < 200; n++) await before.collection('thing').put(`${n}`, { text: 'x'.repeat(500) }, null)
  await before.close()
  const file = join(place, 'oauth.db')
  const bytes = await readFile(file)
  await writeFile(file, bytes.fill(0xff, 4096 * 2))
  const app = Fastify()
  t.teardown(() => app.close())
  const now = () => 1_000
  app.register(storage, { dataDir: place, redisUrl: undefined, secretKeys: [], now, steady: now })
  await t.rejects(async () => { await app.ready() }, {
    name: 'StartError',
    message: /cannot be read: .*restore a backup: docs\/operations\.md/
  })
  t.same((await readFile(file)).subarray(4096), bytes.subarray(4096))
})
