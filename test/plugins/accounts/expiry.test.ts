// Accounts that end: when their time is over, and before it where there are too many, the oldest first (threat ST-07).
import { mock } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { createAccountExpiry, sweepExpiredAccounts } from '../../../plugins/accounts/expiry.ts'
import { createSettledTime } from '../../../plugins/storage/monotonic-time.ts'
import { storageTest } from '../../helpers/storages.ts'

storageTest(
  'however many accounts are made by one click, ten thousand stay, and the oldest go first (ST-07)',
  async (t, start) => {
    const { app } = await start()
    let time = 1_750_000_000
    const clock = () => time
    const settled = createSettledTime(clock, clock)
    const deadlines = createAccountExpiry(app.storage, clock, () => 86_400, settled)
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

storageTest('a clock that leaps ahead for a moment ends no accounts (SG-12)', async (t, start) => {
  const { app } = await start()
  const clock = { now: 1_800_000_000, steady: 0 }
  const now = () => clock.now
  const settled = createSettledTime(now, () => clock.steady)
  const deadlines = createAccountExpiry(app.storage, now, () => 86_400, settled)
  await deadlines.begin('ann', 'demo')
  const expired = () => Array.fromAsync(deadlines.expired())
  clock.now += 400 * 86_400
  t.strictSame(await expired(), [])
  clock.now += 900
  clock.steady += 900
  t.strictSame(await expired(), ['ann'], 'it has stayed')
})

storageTest('who comes again gets no more time than at first', async (t, start) => {
  const { app } = await start()
  const clock = { now: 1_800_000_000 }
  const deadlines = createAccountExpiry(app.storage, () => clock.now, () => 86_400)
  t.equal(await deadlines.begin('ann', 'demo'), 1_800_086_400)
  clock.now += 80_000
  t.equal(await deadlines.begin('ann', 'demo'), 1_800_086_400)
})

storageTest('an account of a backend without an end has none', async (t, start) => {
  const { app } = await start()
  const now = () => 1_800_000_000
  const deadlines = createAccountExpiry(app.storage, now, () => undefined)
  t.equal(await deadlines.begin('ann', 'local'), undefined)
  t.strictSame(await Array.fromAsync(deadlines.expired()), [])
})

storageTest('an end without an account is gone after the next sweep', async (t, start) => {
  const { app } = await start()
  const ends = app.storage.collection('accountEnd')
  await ends.put('nobody', { endsAt: 1 }, null)
  t.strictSame(await app.signIn.lifecycle.deleteExpired(), [])
  t.equal(await ends.find('nobody'), undefined)
})

t.test('a sweep that fails is named to the operator, and the next one tries again', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const said: unknown[] = []
  const outcomes = [
    async () => { throw new Error('storage is away') },
    async () => [{ backend: 'demo' }]
  ]
  const hooks: Array<() => Promise<void>> = []
  sweepExpiredAccounts({
    signIn: { lifecycle: { deleteExpired: () => outcomes.shift()!() } },
    log: { warn: ({ err }: { err: Error }, text: string) => said.push([err.message, text]) },
    audit: { note: (...event: unknown[]) => said.push(event) },
    addHook: (_name: string, hook: () => Promise<void>) => hooks.push(hook)
  } as never)
  const sweep = async () => {
    mock.timers.tick(600_000)
    await setImmediate()
  }
  await sweep()
  t.same(said, [[
    'storage is away',
    'expired accounts could not be deleted; the next sweep tries again'
  ]])
  await sweep()
  t.same(said[1], ['account_deleted', { backend: 'demo', reason: 'time' }])
  for (const close of hooks) await close()
})
