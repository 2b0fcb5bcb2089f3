// Local accounts are found by one address and by their subject, whatever was left of an earlier change.
// The account book: an account is found by one address at every moment, also when a change of it was cut short at any
// step, and of those who want an address at once one gets it.
import { setTimeout as delay } from 'node:timers/promises'
import { parseEmail } from '../../../auth-backends/contract.ts'
import type { Collection, Storage } from '../../../plugins/storage/contract.ts'
import { createLocalAccounts } from '../../../plugins/accounts/local-accounts.ts'
import { storageTest } from '../../helpers/storages.ts'
import { ann, bob } from './people.ts'

const now = () => 1_800_000_000

storageTest('an entry of the index that is out of date leads to nobody else', async (t, start) => {
  const { storage, now } = (await start()).app
  const book = createLocalAccounts(storage, now)
  await book.create(ann)
  await book.create(bob)
  await storage.collection('accountAddress').put(ann.subject, { email: bob.email }, null)
  t.match(await book.findBySubject(ann.subject), { subject: ann.subject, email: ann.email })
  await book.delete(ann.subject)
  await storage.collection('accountAddress').put(ann.subject, { email: bob.email }, null)
  t.equal(await book.findBySubject(ann.subject), undefined)
})

storageTest('an account that is deleted while its address changes is at no address afterwards (AC-19)', async (t, start) => {
  const { storage } = (await start()).app
  const book = createLocalAccounts(storage, now)
  for (let writes = 0; writes < 7; writes++) {
    const subject = `subject ${writes}`
    await book.create({ ...ann, subject })
    let left = writes
    let deleted: Promise<void> | undefined
    const deleting =
      <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
        async (...args: A): Promise<R> => {
          if (left-- === 0) {
            deleted = book.delete(subject)
            await Promise.race([deleted, delay(20)])
          }
          return work(...args)
        }
    const collection = <T>(kind: string): Collection<T> => {
      const inner = storage.collection<T>(kind)
      return {
        ...inner,
        create: deleting(inner.create),
        put: deleting(inner.put),
        delete: deleting(inner.delete),
        update: deleting(inner.update) as Collection<T>['update']
      }
    }
    const moving = createLocalAccounts({ ...storage, collection }, now)
    await moving.move(ann.email, { email: bob.email })
    await deleted
    const stored = await Array.fromAsync(storage.entries())
    t.notMatch(JSON.stringify(stored), subject, `before write ${writes}`)
  }
})

storageTest('an account of before the index is found by its subject, and again quickly', async (t, start) => {
  const { storage } = (await start()).app
  const book = createLocalAccounts(storage, now)
  await book.create(ann)
  await storage.collection('accountAddress').delete(ann.subject)
  t.match(await book.findBySubject(ann.subject), ann)
  t.match(await storage.collection('accountAddress').find(ann.subject), { email: ann.email })
  await book.delete(ann.subject)
  t.equal(await book.findBySubject(ann.subject), undefined)
})

storageTest(
  'an account that waits for its confirmation ends at its time, for every reader, and stays once it is confirmed (AC-12)',
  async (t, start) => {
    let now = 1_800_000_000
    const { storage } = (await start({ now: () => now })).app
    const book = createLocalAccounts(storage, () => now)
    const { emailVerified: _, ...unconfirmed } = ann
    let gone = ''
    const waiting = { ...unconfirmed, expiresAt: now + 60 }
    const kept = async () =>
      (await Array.fromAsync(storage.entries()))
        .flatMap((entry) =>
          'record' in entry && /^account/.test(entry.record.kind) && entry.record.id !== gone
            ? [[entry.record.kind, entry.expires !== null]]
            : []
        )
        .sort()

    await book.create(waiting)
    t.same(
      await kept(),
      [
        ['account', true],
        ['accountAddress', true]
      ],
      'storage forgets both by itself'
    )
    t.equal(await book.setPasswordHash(ann.email, 'newer parameters', 'a hash'), true)
    t.equal(await book.change(ann.email, (found) => ({ ...found, contested: true })), true)
    t.match(
      await book.find(ann.email),
      { expiresAt: waiting.expiresAt, contested: true },
      'no change of another kind gives it more time'
    )
    t.same(await kept(), [
      ['account', true],
      ['accountAddress', true]
    ])
    t.equal(await book.create({ ...bob, email: ann.email }), false, 'the address is taken until then')

    now = waiting.expiresAt
    t.equal(await book.setPasswordHash(ann.email, 'late', 'newer parameters'), false)
    t.equal(
      await book.change(ann.email, (found) => ({ ...found, emailVerified: true })),
      false,
      'too late to confirm it'
    )
    t.equal(await book.move(ann.email, { email: parseEmail('x@example.com') }), false)
    t.equal(await book.findBySubject(ann.subject), undefined)
    t.equal(await book.find(ann.email), undefined)
    t.equal(await book.find(parseEmail('x@example.com')), undefined)

    t.equal(await book.create({ ...waiting, subject: 'another', expiresAt: now + 60 }), true, 'the address is free')
    t.equal(await book.change(ann.email, (found) => ({ ...found, emailVerified: true })), true)
    // Redis forgets by its own clock, which this test does not move.
    gone = ann.subject
    t.same(
      await kept(),
      [
        ['account', false],
        ['accountAddress', false]
      ],
      'confirmed: it stays'
    )
    now += 120
    t.match(await book.findBySubject('another'), { email: ann.email, emailVerified: true })
    t.notOk('expiresAt' in (await book.find(ann.email))!)
  }
)

storageTest('of many who want the address of an expired account at once, one gets it (AC-12)', async (t, start) => {
  let now = 1_800_000_000
  const book = createLocalAccounts((await start({ now: () => now })).app.storage, () => now)
  await book.create({ ...ann, emailVerified: false, expiresAt: now + 60 })
  now += 60
  const made = await Promise.all(
    Array.from({ length: 8 }, (_, number) => book.create({ ...bob, subject: `subject ${number}`, email: ann.email }))
  )
  t.equal(made.filter(Boolean).length, 1)
  t.equal((await book.find(ann.email))?.subject, `subject ${made.indexOf(true)}`)
})

storageTest('an account is deleted by its index entry, without a walk; a walk lets others in between (AW-02)', async (t, start) => {
  const { storage } = (await start()).app
  let read = 0
  const counting = {
    ...storage,
    collection: <T>(kind: string) => {
      const collection = storage.collection<T>(kind as never)
      return {
        ...collection,
        async * all () {
          for await (const entry of collection.all()) {
            read++
            yield entry
          }
        }
      }
    }
  } as unknown as Storage
  const book = createLocalAccounts(counting, now)
  const others = Array.from({ length: 200 }, (_, number) => ({
    ...bob,
    subject: `${number}`,
    email: parseEmail(`p${number}@example.com`)
  }))
  await Promise.all([ann, ...others].map((account) => book.create(account)))
  await book.delete(ann.subject)
  t.same([read, await book.find(ann.email)], [0, undefined])
  await storage.collection('accountAddress').delete('7')
  let turns = 0
  let isDone = false
  const count = () => {
    turns++
    if (!isDone) setImmediate(count)
  }
  setImmediate(count)
  await book.delete('7')
  isDone = true
  t.equal(await book.find(parseEmail('p7@example.com')), undefined)
  t.ok(turns >= 3, `${turns} turns of the event loop`)
})
