// Password hashes: a few at a time, and parameters that are replaced at the next sign-in (threat LG-17).
import { hash, parseOptions } from '@node-rs/argon2'
import t from 'tap'
import { BackendUnavailable } from '../../auth-backends/contract.ts'
import { createPasswordHasher } from '../../auth-backends/password-hashing.ts'
import { StorageUnavailable } from '../../plugins/storage/contract.ts'
import { person, houseWithPerson } from './person.ts'

t.test('a hash with old parameters is replaced at sign-in, and only then', async (t) => {
  const { house, backend } = await houseWithPerson()
  const account = house.book.get(person.identifier)!
  const weak = await hash(person.password, { memoryCost: 8192, timeCost: 1 })
  account.passwordHash = weak
  t.equal(await backend.password!.verify({ ...person, password: 'wrong password' }), null)
  t.equal(account.passwordHash, weak)
  t.match(await backend.password!.verify(person), { subject: account.subject })
  t.match(parseOptions(account.passwordHash), { memoryCost: 47104, timeCost: 2, parallelism: 1 })
  const renewed = account.passwordHash
  t.match(await backend.password!.verify(person), { subject: account.subject })
  t.equal(account.passwordHash, renewed)
})

t.test('a hash that cannot be renewed does not keep the person out', async (t) => {
  const { house, backend } = await houseWithPerson()
  house.book.get(person.identifier)!.passwordHash = await hash(person.password, { timeCost: 1 })
  house.accounts.setPasswordHash = async () => {
    throw new StorageUnavailable('the account book is away')
  }
  t.match(await backend.password!.verify(person), { subject: String })
  t.match(house.lines, [/old parameters/])
})

t.test(
  'a few hashes at a time, some wait, more are told to come back; the places are freed again (LG-17)',
  async (t) => {
    const hasher = createPasswordHasher({ running: 2, waiting: 3 }, { memoryCost: 4_096, timeCost: 1 })
    const burst = async () =>
      (await Promise.allSettled(Array.from({ length: 9 }, () => hasher.hash('Copper kettle')))).map((result) =>
        result.status === 'fulfilled' ? 'hash' : result.reason
      )
    const first = await burst()
    t.equal(first.filter((result) => result === 'hash').length, 5)
    t.equal(first.filter((result) => result instanceof BackendUnavailable).length, 4)
    t.equal((await burst()).filter((result) => result === 'hash').length, 5)
    await t.rejects(hasher.verify('no hash at all', 'Copper kettle'))
    t.equal((await burst()).filter((result) => result === 'hash').length, 5, 'a failed check gives its place back')
  }
)
