// Instances that share sign-ins on Redis do not each store notes of their own.
import t from 'tap'
import { openSingleHome } from '../../../plugins/notes/single-home.ts'
import { openSqliteStorage } from '../../../plugins/storage/sqlite/index.ts'
import { monotonicClock } from '../../../clock.ts'
import { folder } from '../../helpers/tool-context.ts'

t.test('instances that share sign-ins do not each keep notes of their own', async (t) => {
  const storage = openSqliteStorage(await folder(t), monotonicClock)
  t.teardown(() => storage.close())
  const homes = storage.collection<{ identity: string }>('notes-home')
  const [first, second] = [await openSingleHome(homes, 'one'), await openSingleHome(homes, 'two')]
  await first()
  await first()
  await t.rejects(
    second(),
    { code: 'full', message: /set DATABASE_URL/ },
    'an instance that was there before the first note'
  )
  await t.rejects(
    openSingleHome(homes, 'two'),
    { message: /another DATA_DIR.*DATABASE_URL/ },
    'an instance that comes later does not start'
  )
  await t.resolves((await openSingleHome(homes, 'one'))())
})
