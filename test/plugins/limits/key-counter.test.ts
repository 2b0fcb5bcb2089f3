// Counts by key: each its own, reading counts nothing, and storage that is away is said so.
import rateLimit from '@fastify/rate-limit'
import Fastify from 'fastify'
import t from 'tap'
import { createKeyCounter } from '../../../plugins/limits/key-counter.ts'

t.test('a key is exceeded by one more than its maximum, and no other key pays for it', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(rateLimit, { global: false })
  const counter = createKeyCounter(app, 2, 60_000)
  t.match(await counter.read('ann'), { remaining: 2, isExceeded: false })
  t.match(await counter.read('ann'), { remaining: 2 }, 'reading counts nothing')
  t.match([await counter.add('ann'), await counter.add('ann')], [
    { remaining: 1, isExceeded: false },
    { remaining: 0, isExceeded: false }
  ])
  const exceeded = await counter.add('ann')
  t.equal(exceeded.isExceeded, true)
  t.ok(exceeded.wait >= 1 && exceeded.wait <= 60)
  t.match(await counter.add('bob'), { remaining: 1, isExceeded: false })
  t.match(await createKeyCounter(app, 2, 60_000).read('ann'), { remaining: 2 }, 'another counter has keys of its own')
})

t.test('counting that fails is storage that is away, and lets nobody through', async (t) => {
  const failing = { createRateLimit: () => () => Promise.reject(new Error('ECONNREFUSED')) }
  const counter = createKeyCounter(failing as never, 2, 60_000)
  for (const attempt of [counter.add('ann'), counter.read('ann')]) {
    await t.rejects(attempt, { name: 'StorageUnavailable', cause: { message: 'ECONNREFUSED' } })
  }
})
