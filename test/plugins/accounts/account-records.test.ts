// A local account is found by one address at every moment, also when a change of it is cut short at any step, and of
// several people who want an address at once one gets it.
// The account book: an account is found by one address at every moment, also when a change of it was cut short at any
// step, and of those who want an address at once one gets it.
import { parseEmail, type Account } from '../../../auth-backends/contract.ts'
import { createLocalAccounts } from '../../../plugins/accounts/local-accounts.ts'
import type { Collection, Storage } from '../../../plugins/storage/contract.ts'
import { storageTest } from '../../helpers/storages.ts'
import { ann, bob } from './people.ts'

const now = () => 1_800_000_000

/** The process ends before this many writes. */
function dying (storage: Storage, writes: number): Storage {
  let left = writes
  const mortal = <T>(collection: Collection<T>): Collection<T> => {
    const write =
      <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
        async (...args: A): Promise<R> => {
          if (left-- <= 0) throw new Error('the process has ended')
          return work(...args)
        }
    return {
      ...collection,
      put: write(collection.put),
      create: write(collection.create),
      take: write(collection.take),
      delete: write(collection.delete),
      update: write(collection.update) as Collection<T>['update']
    }
  }
  return { ...storage, collection: <T>(kind: string) => mortal(storage.collection<T>(kind)) }
}

storageTest('an account moves to another address with all of it but its proof', async (t, start) => {
  const book = createLocalAccounts((await start()).app.storage, now)
  await book.create(ann)
  t.equal(await book.move(parseEmail('ANN@example.com'), { email: parseEmail('anna@example.com') }), true)
  const { emailVerified: _, ...rest } = ann
  t.strictSame(await book.find(parseEmail('anna@example.com')), { ...rest, email: 'anna@example.com', generation: 1 })
  t.strictSame(await book.findBySubject(ann.subject), await book.find(parseEmail('anna@example.com')))
  t.equal(await book.find(parseEmail('ann@example.com')), undefined)
  t.equal(await book.create({ ...bob, email: parseEmail('ann@example.com') }), true, 'the old address is free')
  t.equal(await book.move(parseEmail('anna@example.com'), { email: parseEmail('ann@example.com') }), false, 'and taken then')
  t.match(await book.find(parseEmail('anna@example.com')), { subject: ann.subject })
  t.match(await book.find(parseEmail('ann@example.com')), { subject: bob.subject })
  t.equal(await book.move(parseEmail('nobody@example.com'), { email: parseEmail('x@example.com') }), false)
})

storageTest(
  'a password that was hashed anew too late undoes no change, and every change counts as one',
  async (t, start) => {
    const book = createLocalAccounts((await start()).app.storage, now)
    await book.create(ann)
    t.equal(await book.setPasswordHash(ann.email, 'newer parameters', 'a hash'), true)
    t.equal((await book.find(ann.email))!.generation, undefined, 'the same password: nothing of before is void')
    t.equal(await book.change(ann.email, (found) => ({ ...found, passwordHash: 'another password' })), true)
    t.equal(await book.setPasswordHash(ann.email, 'late', 'newer parameters'), false)
    t.match(await book.find(ann.email), { passwordHash: 'another password', generation: 1 })
    t.equal(await book.change(ann.email, () => undefined), false)
    t.equal(await book.change(parseEmail('nobody@example.com'), (found) => found), false)
    for (const wrong of [
      { subject: ann.subject, generation: 0 },
      { subject: bob.subject, generation: 1 }
    ]) { t.equal(await book.move(ann.email, { email: parseEmail('x@example.com') }, wrong), false) }
    t.match(await book.find(ann.email), { generation: 1 })
    t.equal(await book.move(ann.email, { email: parseEmail('x@example.com') }, { subject: ann.subject, generation: 1 }), true)
    t.match(await book.find(parseEmail('x@example.com')), { generation: 2 })
  }
)

storageTest(
  'of many who want one address at once, one gets it; of many moves of one account, one counts (LG-15)',
  async (t, start) => {
    const { app } = await start()
    const book = createLocalAccounts(app.storage, app.now)
    const people = Array.from({ length: 6 }, (_, number) => ({
      ...ann,
      subject: `subject ${number}`,
      email: parseEmail(`p${number}@example.com`)
    }))
    for (const person of people) await book.create(person)
    const moved = await Promise.all([
      ...people.map(({ email }) => book.move(email, { email: parseEmail('wanted@example.com') })),
      book.create({ ...bob, email: parseEmail('wanted@example.com') })
    ])
    t.equal(moved.filter(Boolean).length, 1)
    const { subject } = (await book.find(parseEmail('wanted@example.com')))!
    for (const person of people) {
      const found = await book.find(parseEmail(person.email))
      t.equal(found?.subject, person.subject === subject ? undefined : person.subject)
    }

    const loser = people.find((person) => person.subject !== subject)!
    await Promise.allSettled(
      Array.from({ length: 5 }, (_, number) => book.move(parseEmail(loser.email), { email: parseEmail(`to${number}@example.com`) }))
    )
    const there = (await Array.fromAsync(app.storage.collection<Account>('account').all())).filter(
      ({ record }) => record.subject === loser.subject
    )
    t.equal(there.length, 1)
  }
)

storageTest(
  'a move that is cut short before any of its writes leaves one address and one password',
  async (t, start) => {
    const { storage } = (await start()).app
    const book = createLocalAccounts(storage, now)
    for (let writes = 0; writes < 9; writes++) {
      const [from, to] = [`from${writes}@example.com`, `to${writes}@example.com`]
      const subject = `subject ${writes}`
      await book.create({ ...ann, subject, email: parseEmail(from) })
      const done = await createLocalAccounts(dying(storage, writes), now)
        .move(parseEmail(from), { email: parseEmail(to) })
        .catch(() => undefined)
      const found = (await Promise.all([from, to].map((email) => book.find(parseEmail(email))))).filter(
        (account) => account !== undefined
      )
      t.equal(found.length, 1, `${writes} writes: found by one address`)
      t.equal(found[0]!.subject, subject)
      t.same((await book.findBySubject(subject))?.email, found[0]!.email, `${writes} writes: and by its subject`)
      if (done) t.equal(found[0]!.email, to)
      t.equal(
        await book.create({ ...bob, email: parseEmail(found[0]!.email === to ? from : to) }),
        true,
        'the other address is free'
      )

      // The lock of a process that died ends by itself.
      await storage.collection('accountMove').delete(subject)
      t.equal(
        await book.move(found[0]!.email, { email: parseEmail(`end${writes}@example.com`) }),
        true,
        `${writes} writes: and it can move on`
      )
      t.equal(await book.find(found[0]!.email), undefined)
      await book.setPasswordHash(parseEmail(`end${writes}@example.com`), 'another hash', 'a hash')
      const records = (await Array.fromAsync(storage.collection<Account>('account').all())).filter(
        ({ record }) => record.subject === subject
      )
      t.match(records, [{ record: { passwordHash: 'another hash' } }], `${writes} writes: no copy is left`)
      t.equal(records.length, 1)
      await book.delete(bob.subject)
    }
  }
)

storageTest('an account that changes while it is moved stays where it is, and so it is said', async (t, start) => {
  const { storage } = (await start()).app
  const book = createLocalAccounts(storage, now)
  await book.create(ann)
  const anna = parseEmail('anna@example.com')
  let isFirst = true
  const collection = <T>(kind: string): Collection<T> => {
    const real = storage.collection<T>(kind)
    const update: Collection<T>['update'] = async (...given) => {
      const change = isFirst
      isFirst = false
      if (change) await book.change(ann.email, (found) => ({ ...found, passwordHash: 'another password' }))
      return real.update(...given)
    }
    return { ...real, update }
  }
  t.equal(await createLocalAccounts({ ...storage, collection }, now).move(ann.email, { email: anna }), false)
  t.equal(await book.find(anna), undefined)
  t.match(await book.find(ann.email), { passwordHash: 'another password', generation: 1 })
})
