// Instances that share sign-ins on Redis do not each store notes of their own.
import t from 'tap'
import { openSingleHome } from '../../../plugins/notes/single-home.ts'
import { openSqliteStorage } from '../../../plugins/storage/sqlite/index.ts'
import { monotonicClock } from '../../../clock.ts'
import { another } from '../../helpers/another-instance.ts'
import { SECRET_KEY } from '../../helpers/mcp-sessions.ts'
import { person } from '../../helpers/person.ts'
import { canHaveRedis, noRedis, startRedis } from '../../helpers/redis.ts'
import { startServer } from '../../helpers/server.ts'
import { folder } from '../../helpers/tool-context.ts'

t.test('instances that share sign-ins do not each keep notes of their own', async (t) => {
  const storage = openSqliteStorage(await folder(t), monotonicClock)
  t.teardown(() => storage.close())
  const homes = storage.collection<{ identity: string }>('notes-home')
  const [first, second] = [await openSingleHome(homes, 'one'), await openSingleHome(homes, 'two')]
  await t.resolves(second.checkRemoval(), 'nobody has notes yet')
  await first.checkWrite()
  await first.checkWrite()
  await t.rejects(
    second.checkWrite(),
    { code: 'full', message: /set DATABASE_URL/ },
    'an instance that was there before the first note'
  )
  await t.rejects(
    openSingleHome(homes, 'two'),
    { message: /another DATA_DIR.*DATABASE_URL/ },
    'an instance that comes later does not start'
  )
  await t.resolves((await openSingleHome(homes, 'one')).checkWrite())
  await t.resolves(first.checkRemoval())
  await t.rejects(second.checkRemoval(), { name: 'StorageUnavailable', message: /another instance keeps the notes/ })
})

t.test('notes stay nowhere that somebody is deleted at an instance which does not keep them (AC-39)', { skip: canHaveRedis() ? false : noRedis }, async (t) => {
  const redis = (await startRedis())!
  t.teardown(() => redis.stop())
  const first = await startServer(t, { env: { REDIS_URL: redis.url, SECRET_KEY } })
  const second = await another(t, first, { env: { DATA_DIR: await folder(t) } })
  const { id } = await person(first, 'ann@example.com')
  const notes = () => first.app.notes.of({ id }).count()
  await first.app.notes.of({ id }).create({ text: 'A note' })

  await t.rejects(second.app.signIn.lifecycle.delete(id), { name: 'StorageUnavailable' })
  t.match(await first.app.signIn.lifecycle.find(id), { locked: true })
  await first.app.signIn.lifecycle.deleteExpired()
  t.same([await notes(), await first.app.signIn.lifecycle.find(id)], [0, undefined], 'the next sweep goes on with it')
})
