// What a service gives counts once, whatever fails afterwards, and however many wait for it.
import { mock } from 'node:test'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { StorageUnavailable } from '../../../plugins/storage/contract.ts'
import { storageTest } from '../../helpers/storages.ts'
import { until } from '../../helpers/until.ts'
import { open } from './service.ts'

storageTest('what a service gives while a session is renewed', async (t, start) => {
  const { storage } = (await start()).app

  t.test('what a service gave before it failed is kept, and is not fresh (AC-08)', async (t) => {
    const { clock, state, sessions } = await open(storage)
    const id = await sessions.open(
      'service', 'token 0', { name: 'browser x', endsAt: clock.now + 3600 }
    )
    clock.now += 61
    state.answer = 'half'
    await t.rejects(sessions.fresh(id), { name: 'BackendUnavailable' })
    t.match(await sessions.peek(id), { session: 'token 1' })
    state.answer = 'renew'
    t.match(await sessions.fresh(id), { session: 'token 2' })
    t.equal(state.asked, 2)

    clock.now += 61
    state.answer = 'half'
    state.meanwhile = () => sessions.release(id, 'browser x')
    await t.rejects(sessions.fresh(id), { name: 'BackendUnavailable' })
    t.same(state.ended, ['token 2', 'token 3'], 'released in the meantime: it is ended as well')
  })

  t.test('what a service has given is not lost with the storage that cannot take it (AC-08)', async (t) => {
    const { clock, state, over, sessions, store } = await open(storage)
    const id = await sessions.open(
      'service', 'token 0', { name: 'browser x', endsAt: clock.now + 3600 }
    )
    clock.now += 61
    const { update } = store
    state.meanwhile = async () => {
      store.update = async () => {
        throw new StorageUnavailable('away')
      }
    }
    await t.rejects(sessions.fresh(id), { name: 'StorageUnavailable' })
    Object.assign(store, { update })
    clock.now += 31
    t.match(await sessions.fresh(id), { session: 'token 2' })
    t.same({ over, asked: state.asked }, { over: [], asked: 2 })
  })
  t.test('a service that hangs holds up whoever asks no longer than the lease, and what it gives then counts (WB-44)', async (t) => {
    const { clock, state, sessions } = await open(storage)
    const id = await sessions.open(
      'service', 'token 0', { name: 'browser x', endsAt: clock.now + 3600 }
    )
    clock.now += 61
    let answer = () => {}
    state.wait = new Promise((resolve) => { answer = resolve })
    mock.timers.enable({ apis: ['setTimeout'] })
    t.teardown(() => mock.timers.reset())
    const hanging = sessions.fresh(id)
    hanging.catch(() => {})
    while (state.asked === 0) await setImmediate()
    mock.timers.tick(30_000)
    mock.timers.reset()
    const outcome = hanging.catch(({ name, reason }) => ({ name, reason }))
    t.same(await Promise.race([outcome, sleep(5_000, 'nothing')]), { name: 'BackendUnavailable', reason: 'slow' })
    clock.now += 31
    answer()
    t.ok(await until(async () => (await sessions.peek(id))?.session === 'token 1'), 'it came late, and is kept')
    t.match(await sessions.fresh(id), { session: 'token 2' }, 'the next one is answered')
  })

  t.test('what is no session ends none, and the next one who asks is answered (AC-40)', async (t) => {
    const { clock, state, over, named, sessions } = await open(storage)
    const id = await sessions.open('service', 'token 0', { name: 'browser x', endsAt: clock.now + 3600 })
    for (const instead of [undefined, {}, { session: 5 }, { session: null }, 5]) {
      clock.now += 61
      state.instead = [instead]
      await t.rejects(sessions.fresh(id), { name: 'BackendUnavailable', reason: 'unreadable' }, JSON.stringify(instead))
    }
    for (const person of [null, { subject: 'ann', groups: 'admins' }, { subject: 'ann', groups: [null] }, { groups: [] }]) {
      clock.now += 61
      state.instead = [{ session: 'token 0', person }]
      t.match(await sessions.fresh(id), { session: 'token 0' }, JSON.stringify(person))
    }
    t.same({ over, named }, { over: [], named: [] })
  })

  t.test('a hundred that wait for one answer read its session a few times, not a hundred times each (OW-31)', async (t) => {
    const { clock, state, sessions, store } = await open(storage)
    const id = await sessions.open(
      'service', 'token 0', { name: 'browser x', endsAt: clock.now + 3600 }
    )
    clock.now += 61
    const { update } = store
    let updates = 0
    store.update = async (...given) => {
      updates++
      return update(...given)
    }
    state.wait = new Promise((resolve) => setTimeout(resolve, 300))
    const found = await Promise.all(
      Array.from({ length: 100 }, () => sessions.fresh(id))
    )
    t.same([...new Set(found.map((one) => one?.session))], ['token 1'])
    t.ok(updates < 20, `${updates} reads`)
  })

  t.test('whoever has left is out of everything, also where storage was cut while it was ended (AC-08)', async (t) => {
    const { clock, state, over, sessions } = await open(storage)
    const id = await sessions.open(
      'service', 'token 0', { name: 'browser x', endsAt: clock.now + 3600 }
    )
    await sessions.retain(id, { name: 'grant a', endsAt: clock.now + 7200 })
    clock.now += 61
    Object.assign(state, { answer: 'over', isAway: true })
    await t.rejects(sessions.fresh(id), { name: 'StorageUnavailable' })
    t.equal(await sessions.peek(id), undefined)
    state.isAway = false
    t.equal(await sessions.fresh(id), undefined)
    t.same(over, [['browser x', 'grant a']])
    await sessions.release(id, 'browser x')
    t.same(state.ended, [], 'the service has ended it')
    t.equal(state.asked, 1)
  })

  t.test('a session under a key that is gone is over, fresh or not, and asks nobody', async (t) => {
    for (const later of [0, 61]) {
      const { clock, state, over, sessions, store } = await open(storage)
      const endsAt = clock.now + 3600
      const id = await sessions.open('service', 'token 0', { name: 'browser x', endsAt })
      await store.update(id, (found) => ({
        write: { record: { ...found!, sealed: 'of another key' }, ttl: 3600 },
        result: undefined
      }))
      clock.now += later
      t.equal(await sessions.fresh(id), undefined)
      t.same(over, [['browser x']])
      t.equal(await store.find(id), undefined)
      t.equal(state.asked, 0)
    }
  })
})
