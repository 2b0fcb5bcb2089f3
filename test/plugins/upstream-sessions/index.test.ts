// Sessions at services behind the backends: one refresh at a time whatever the number of instances, stored while
// something refers to them, and ended for everyone when the service ends them.
import t from 'tap'
import { withinWait } from '../../../plugins/upstream-sessions/index.ts'
import { storageTest } from '../../helpers/storages.ts'
import { grant, open } from './service.ts'

t.test('a service that answers leaves no timer behind', async (t) => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  const before = timers()
  t.equal(await withinWait(Promise.resolve('answer')), 'answer')
  t.equal(timers(), before)
  await t.rejects(withinWait(Promise.reject(new Error('away'))), { message: 'away' })
  t.equal(timers(), before)
})

storageTest('sessions at a service', async (t, start) => {
  const { storage } = (await start()).app

  t.test('a session that was checked while the clock had leapt ahead is checked again (SG-12, AC-08)', async (t) => {
    const { clock, state, sessions } = await open(storage)
    clock.now += 30 * 86_400
    const id = await sessions.open(
      'service', 'token 0', { name: 'browser x', endsAt: clock.now + 3600 }
    )
    clock.now -= 30 * 86_400
    state.answer = 'over'
    t.equal(await sessions.fresh(id), undefined)
    t.equal(state.asked, 1)
  })

  t.test('what a service says of groups while it renews a session is handed on, once for each answer', async (t) => {
    const { clock, state, named, sessions } = await open(storage)
    const id = await sessions.open(
      'service', 'token 0', { name: 'browser x', endsAt: clock.now + 3600 }
    )
    for (const groups of [undefined, ['staff'], []]) {
      state.groups = groups
      clock.now += 60
      t.match(await sessions.fresh(id), { session: `token ${state.generation}` })
      await sessions.fresh(id)
    }
    t.same(named, [['service', 'ann', 'staff'], ['service', 'ann']])
  })

  t.test('a service that hangs is told, and nobody who ends what stood on it waits for it (CL-03)', async (t) => {
    const { clock, state, sessions } = await open(storage)
    const id = await sessions.open(
      'service', 'token 0', { name: 'browser x', endsAt: clock.now + 3600 }
    )
    let answer = () => {}
    state.hanging = new Promise<void>((resolve) => {
      answer = resolve
    })
    await sessions.release(id, 'browser x')
    t.same(
      { told: state.ended, here: await sessions.peek(id) }, { told: ['token 0'], here: undefined }
    )
    answer()
  })

  t.test('nor does one whose module throws at once keep anything from ending (WB-45)', async (t) => {
    const { clock, state, sessions } = await open(storage)
    const id = await sessions.open(
      'service', 'token 0', { name: 'browser x', endsAt: clock.now + 3600 }
    )
    state.throwsAtOnce = true
    await t.resolves(sessions.release(id, 'browser x'))
    t.same(state.ended, ['token 0'])
  })

  t.test('fresh ones are not asked about; of many callers on several instances one asks', async (t) => {
    const { clock, state, all, sessions } = await open(storage, 3)
    const id = await sessions.open(
      'service', 'token 0', { name: 'browser x', endsAt: clock.now + 3600 }
    )
    t.same(await sessions.fresh(id), { backend: 'service', session: 'token 0' })
    t.equal(state.asked, 0)
    for (let round = 1; round <= 3; round++) {
      clock.now += 61
      const gate = Promise.withResolvers<void>()
      state.wait = gate.promise
      const calls = all.flatMap(
        (instance) => Array.from({ length: 5 }, () => instance.fresh(id))
      )
      setTimeout(gate.resolve, 20)
      for (const found of await Promise.all(calls)) t.same(found, { backend: 'service', session: `token ${round}` })
      t.equal(state.asked, round)
    }
  })

  t.test('a service that is away ends nothing, and the next caller may ask at once', async (t) => {
    const { clock, state, over, sessions } = await open(storage)
    const id = await sessions.open(
      'service', 'token 0', { name: 'browser x', endsAt: clock.now + 3600 }
    )
    clock.now += 61
    state.answer = 'away'
    await t.rejects(sessions.fresh(id), { name: 'BackendUnavailable' })
    state.answer = 'renew'
    t.match(await sessions.fresh(id), { session: 'token 1' })
    t.same(over, [])
  })

  t.test('what the service has ended is over for all that stood on it', async (t) => {
    const { clock, state, over, sessions } = await open(storage)
    const id = await sessions.open(
      'service', 'token 0', { name: 'browser x', endsAt: clock.now + 3600 }
    )
    await sessions.extend(grant('g', id, clock.now + 7200))
    clock.now += 61
    state.answer = 'over'
    t.equal(await sessions.fresh(id), undefined)
    t.same(over, [['browser x', 'grant g']])
    t.equal(await sessions.onBehalfOf({ backendSession: id }, 'service'), undefined)
    t.equal(await sessions.fresh(id), undefined)
    t.equal(over.length, 1)
  })

  t.test('a token that comes again, with an end that is known, writes nothing (OW-06)', async (t) => {
    const { sessions, writes } = await open(storage)
    const id = await sessions.open(
      'service', 'token 0', { name: 'browser', endsAt: 1_800_000_100 }
    )
    for (let count = 0; count < 3; count++) await sessions.extend(grant('g', id, 1_800_000_200))
    t.equal(writes.count, 1)
  })

  t.test('grants whose time is up make way for the next', async (t) => {
    const { clock, state, over, sessions } = await open(storage)
    const id = await sessions.open(
      'service', 'token 0', { name: 'browser x', endsAt: clock.now + 3600 }
    )
    await sessions.extend(grant('a', id, clock.now + 10))
    clock.now += 61
    await sessions.extend(grant('b', id, clock.now + 7200))
    state.answer = 'over'
    await sessions.fresh(id)
    t.same(over, [['browser x', 'grant b']])
  })

  t.test('it ends at the service with the last that stands on it, and not before', async (t) => {
    const { clock, state, sessions } = await open(storage)
    const id = await sessions.open(
      'service', 'token 0', { name: 'browser x', endsAt: clock.now + 3600 }
    )
    await sessions.extend(grant('a', id, clock.now + 7200))
    await sessions.extend(grant('b', id, clock.now + 7200))
    await sessions.release(id, 'grant a')
    await sessions.release(id, 'grant of somebody else')
    await sessions.release(id, 'grant b')
    t.same(state.ended, [], 'the browser is still signed in')
    await sessions.release(id, 'browser x')
    t.same(state.ended, ['token 0'])
    await sessions.release(id, 'browser x')
    t.equal(await sessions.peek(id), undefined)
    t.same(state.ended, ['token 0'])
  })

  t.test('a browser session that is over holds nothing', async (t) => {
    const { clock, state, sessions } = await open(storage)
    const id = await sessions.open(
      'service', 'token 0', { name: 'browser x', endsAt: clock.now + 100 }
    )
    await sessions.extend(grant('a', id, clock.now + 7200))
    clock.now += 101
    await sessions.release(id, 'grant a')
    t.same(state.ended, ['token 0'])
  })

  t.test('while the clock may have leapt, what holds a session holds it (SG-12)', async (t) => {
    const { clock, state, sessions } = await open(storage)
    const endsAt = clock.now + 3600
    const id = await sessions.open('service', 'token 0', { name: 'browser x', endsAt })
    await sessions.extend(grant('a', id, clock.now + 7200))
    clock.now += 3601
    clock.leapt = 3601
    await sessions.release(id, 'grant a')
    clock.now -= 3601
    t.same(state.ended, [])
    t.match(await sessions.peek(id), { session: 'token 0' })
  })

  t.test('released while it was being renewed: the new tokens are ended, too', async (t) => {
    const { clock, state, sessions } = await open(storage)
    const id = await sessions.open(
      'service', 'token 0', { name: 'browser x', endsAt: clock.now + 3600 }
    )
    clock.now += 61
    const gate = Promise.withResolvers<void>()
    state.wait = gate.promise
    const renewing = sessions.fresh(id)
    while (state.asked === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    await sessions.release(id, 'browser x')
    gate.resolve()
    t.equal(await renewing, undefined)
    t.same(state.ended, ['token 0', 'token 1'])
  })

  t.test('a tool gets a client of the service it names, and no other', async (t) => {
    const { clock, sessions } = await open(storage)
    const id = await sessions.open(
      'service', 'token 0', { name: 'browser x', endsAt: clock.now + 3600 }
    )
    t.same(await sessions.onBehalfOf({ backendSession: id }, 'service'), { session: 'token 0' })
    t.equal(await sessions.onBehalfOf({ backendSession: id }, 'another'), undefined)
    t.equal(await sessions.onBehalfOf({}, 'service'), undefined)
    t.same(await sessions.claims({ backendSession: id }, 'service'), { of: 'token 0' })
    t.equal(await sessions.claims({ backendSession: id }, 'another'), undefined)
  })
})
