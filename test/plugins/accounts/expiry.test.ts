// Temporary accounts end: the expired ones and, beyond a number, the oldest (threat ST-07).
// Accounts that end: when their time is over, and before it where there are too many, the oldest first (threat ST-07).
import { mock } from 'node:test'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { createAccountExpiry, sweepExpiredAccounts } from '../../../plugins/accounts/expiry.ts'
import { storageTest } from '../../helpers/storages.ts'

storageTest(
  'however many accounts are made by one click, ten thousand stay, and the oldest go first (ST-07)',
  async (t, start) => {
    const { app } = await start()
    let time = 1_750_000_000
    const deadlines = createAccountExpiry(
      app.storage,
      () => time,
      () => 86_400
    )
    const begin = (number: number) => {
      time += 0.001
      return deadlines.begin(`account ${number}`, 'demo')
    }
    await Promise.all(Array.from({ length: 10_000 }, (_, number) => begin(number)))
    t.strictSame(await Array.fromAsync(deadlines.expired()), [])
    await begin(10_000)
    await begin(10_001)
    t.strictSame(await Array.fromAsync(deadlines.expired()), ['account 0', 'account 1'])
    for (const id of ['account 0', 'account 1']) await deadlines.forget(id)
    t.strictSame(await Array.fromAsync(deadlines.expired()), [])
    time += 86_400
    t.equal((await Array.fromAsync(deadlines.expired())).length, 10_000)
  }
)

t.test('a clock that leaps ahead for a moment ends no accounts (SG-12)', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  for (const [leap, expected] of [[0, 1], [400 * 86_400, 0]] as const) {
    let time = 1_800_000_000
    let sweeps = 0
    const deleteExpired = async () => {
      sweeps++
      return []
    }
    sweepExpiredAccounts({ now: () => time, addHook () {}, signIn: { lifecycle: { deleteExpired } } } as unknown as FastifyInstance)
    time += leap
    mock.timers.tick(600_000)
    t.equal(sweeps, expected)
    mock.timers.reset()
    mock.timers.enable({ apis: ['setInterval'] })
  }
})
