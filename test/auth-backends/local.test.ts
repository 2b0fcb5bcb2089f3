// The local backend: the contract of all backends, its sign-ups and
// sign-ins, and that no password is cut or stored.
import t from 'tap'
import { parseEmail } from '../../auth-backends/contract.ts'
import { openLocal } from '../../auth-backends/local.ts'
import { createPasswordHasher, type PasswordHasher } from '../../auth-backends/password-hashing.ts'
import { StorageUnavailable } from '../../plugins/storage/contract.ts'
import { backendContract } from './contract.ts'
import { createTestHost } from './host.ts'
import { person, houseWithPerson } from './person.ts'

t.test('contract', async (t) => {
  const { house } = await houseWithPerson()
  await backendContract(t, {
    open: () => openLocal(house),
    person,
    secrets: [house.book.get(person.identifier)!.passwordHash],
    async unreachable () {
      const away = createTestHost()
      const backend = await openLocal(away)
      away.fault = new StorageUnavailable('the account book is away')
      return { backend, error: StorageUnavailable }
    }
  })
})

t.test('sign-up stores an argon2id hash and nothing of the password', async (t) => {
  const { house } = await houseWithPerson()
  const account = house.book.get(person.identifier)!
  t.match(account, { subject: /^[0-9a-f-]{36}$/, email: 'ann@example.com', name: 'Ann', createdAt: house.now() })
  t.match(account.passwordHash, /^\$argon2id\$v=19\$m=47104,t=2,p=1\$/)
  t.notOk(JSON.stringify([...house.book.values(), house.lines]).includes(person.password))
})

t.test('with mail, a sign-up with the address of a confirmed account changes nothing of it', async (t) => {
  const house = { ...createTestHost(), sendsMail: true }
  const backend = await openLocal(house)
  const signUp = (password: string) => backend.signUp!.create({ email: person.identifier, password })
  t.match(await signUp(person.password), { kind: 'confirm' })
  t.equal(await backend.accounts!.confirm((await backend.accounts!.find(parseEmail(person.identifier)))!), true)
  const before = structuredClone([...house.book.values()])
  t.match(await signUp('seven loud badgers 17'), { kind: 'confirm' })
  t.same([...house.book.values()], before)
  t.match(await backend.password!.verify(person), { email: person.identifier, emailVerified: true })
})

t.test('of changes that were begun on the same account, the first is made, and no other', async (t) => {
  const { house, backend } = await houseWithPerson()
  const accounts = backend.accounts!
  const before = (await accounts.find(parseEmail(person.identifier)))!
  const passwords = ['seven loud badgers 17', 'five green lanterns 9']
  const changes = await Promise.all(
    passwords.map((next) => accounts.changePassword(before.subject, { present: person.password, next }))
  )
  t.same(changes.filter(Boolean), [true])
  const after = structuredClone(house.book.get(person.identifier)!)
  t.match(after, { generation: 1 })
  t.same(
    [
      await accounts.setPassword(before, 'seven loud badgers 17', { verified: true }),
      await accounts.confirm(before),
      await accounts.changeEmail(before, { to: parseEmail('bob@example.com'), verified: true })
    ],
    [false, false, false]
  )
  t.same([...house.book.values()], [after])
})

t.test('the mailbox is not taken as proven', async (t) => {
  const { backend } = await houseWithPerson()
  t.match(await backend.password!.verify(person), { email: 'ann@example.com', name: 'Ann' })
})

t.test('with mail a new account waits a day; used where there is no mail any more, it stays (AC-12)', async (t) => {
  const house = createTestHost()
  house.sendsMail = true
  const backend = await openLocal(house)
  await backend.signUp!.create({ email: person.identifier, password: person.password })
  t.equal(house.book.get(person.identifier)!.expiresAt, house.now() + 86_400)
  t.match(await backend.password!.verify(person), { refused: { key: 'sign-up.unconfirmed' } })
  t.equal(
    house.book.get(person.identifier)!.expiresAt, house.now() + 86_400,
    'a refused sign-in gives it no time'
  )
  house.sendsMail = false
  t.equal(await backend.password!.verify({ ...person, password: 'not the password' }), null)
  t.ok(house.book.get(person.identifier)!.expiresAt, 'nor does a wrong password')
  const identity = await backend.password!.verify(person)
  t.match(identity, { generation: house.book.get(person.identifier)!.generation })
  t.notOk('expiresAt' in house.book.get(person.identifier)!)
  t.same(await backend.password!.verify(person), identity)
})

t.test('of many sign-ups with one address at once, one makes the account (LG-15)', async (t) => {
  const house = createTestHost()
  const backend = await openLocal(house)
  const results = await Promise.all(
    Array.from({ length: 8 }, (_, number) =>
      backend.signUp!.create({
        email: number % 2 ? 'bob@example.com' : ' BOB@Example.com',
        password: `Copper kettle number ${number}`
      })
    )
  )
  t.equal(results.filter((result) => result.kind === 'signed-up').length, 1)
  t.equal(results.filter((result) => result.kind === 'refused' && result.field === 'email').length, 7)
  const winner = results.findIndex((result) => result.kind === 'signed-up')
  t.match(
    await backend.password!.verify({ identifier: 'bob@example.com', password: `Copper kettle number ${winner}` }),
    { subject: String }
  )
})

t.test('a password is never cut, counts in code points, and is compared in NFC (LG-16)', async (t) => {
  const backend = await openLocal(createTestHost())
  const passwords = {
    'limit@example.com': `${'Copper kettle '.repeat(9)}!!`,
    'nul@example.com': 'copper\0kettle on a tram',
    'keys@example.com': '🔑🚂☕️🦉🌋🪁🧭🎻',
    'accent@example.com': 'Übergröße café plum'.normalize('NFD')
  }
  for (const [email, password] of Object.entries(passwords)) {
    t.match(await backend.signUp!.create({ email, password }), { kind: 'signed-up' }, email)
    t.match(await backend.password!.verify({ identifier: email, password }), { subject: String }, email)
    t.equal(await backend.password!.verify({ identifier: email, password: password.slice(0, -2) }), null, email)
  }
  t.equal([...passwords['limit@example.com']].length, 128)
  t.match(await backend.signUp!.create({ email: 'over@example.com', password: `${passwords['limit@example.com']}!` }), {
    kind: 'refused',
    field: 'password',
    message: { key: 'sign-up.longPassword', values: { max: 128 } }
  })
  t.equal(
    await backend.password!.verify({ identifier: 'nul@example.com', password: 'copper' }),
    null,
    'a NUL ends nothing'
  )
  t.match(
    await backend.password!.verify({
      identifier: 'accent@example.com',
      password: 'Übergröße café plum'.normalize('NFC')
    }),
    { subject: String }
  )
})

t.test(
  'an unknown address costs one hash like a wrong password, an oversized password none (LG-14, LG-16)',
  async (t) => {
    const real = createPasswordHasher()
    let hashes = 0
    const counting: PasswordHasher = {
      ...real,
      verify: (stored, password) => {
        hashes++
        t.match(stored, /m=47104,t=2,p=1/)
        return real.verify(stored, password)
      }
    }
    const { house } = await houseWithPerson()
    const backend = await openLocal(house, counting)
    const cost = async (identifier: string, password: string) => {
      hashes = 0
      t.equal(await backend.password!.verify({ identifier, password }), null)
      return hashes
    }
    t.equal(await cost(person.identifier, 'wrong password'), 1)
    t.equal(await cost('nobody@example.com', 'wrong password'), 1)
    t.equal(await cost('not an address', 'wrong password'), 1)
    t.equal(await cost(person.identifier, 'x'.repeat(500_000)), 0)
    t.equal(await cost('nobody@example.com', 'x'.repeat(500_000)), 0)
  }
)

t.test('of what is typed as an address a thousand characters are read, however they are composed', (t) => {
  t.equal(parseEmail(' Ann@Example.COM\t'), 'ann@example.com')
  t.equal(parseEmail('x'.repeat(5_000)).length, 1_000)
  t.equal(parseEmail(`a${'\u0323\u0307'.repeat(5_000)}`).length, 999, 'two of these are one letter')
  t.end()
})

t.test('a server that was too busy once lets people in afterwards', async (t) => {
  const { house } = await houseWithPerson()
  const hasher = createPasswordHasher()
  const { hash } = hasher
  let isBusy = true
  const busy: PasswordHasher = {
    ...hasher,
    hash: (password) => isBusy ? Promise.reject(new Error('busy')) : hash(password)
  }
  const backend = await openLocal(house, busy)
  await t.rejects(async () => backend.password!.verify(person), { message: 'busy' })
  isBusy = false
  t.match(await backend.password!.verify(person), { email: person.identifier })
})

t.test('an account that changes while its owner comes in without mail stays as it was changed', async (t) => {
  const { house, backend } = await houseWithPerson()
  const account = house.book.get(person.identifier)!
  const expiresAt = house.now() + 600
  house.book.set(account.email, { ...account, expiresAt })
  const { change } = house.accounts
  house.accounts.change = async (email, decide) => {
    house.book.set(email, { ...house.book.get(email)!, generation: 7 })
    return change(email, decide)
  }
  t.equal(await backend.password!.verify(person), null)
  t.match(house.book.get(person.identifier), { generation: 7, expiresAt })
})
