// Who is found by an address: only the person who has shown that they read its mailbox.
import t from 'tap'
import { parseEmail } from '../../../auth-backends/contract.ts'
import { createVerifiedEmails } from '../../../plugins/accounts/verified-emails.ts'
import type { User } from '../../../plugins/sign-in/contract.ts'
import { openSqliteStorage } from '../../../plugins/storage/sqlite/index.ts'
import { folder } from '../../helpers/tool-context.ts'

const email = parseEmail('ann@example.com')
const user = (id: string, more: Partial<User> = {}): User =>
  ({ id, identities: [], backend: 'local', createdAt: 0, lastSignInAt: 0, email, emailVerified: true, ...more })

t.test('the first who shows it has the address, for as long as it is theirs', async (t) => {
  const storage = openSqliteStorage(await folder(t), () => 1_800_000_000)
  t.teardown(() => storage.close())
  const people = new Map<string, User>()
  const emails = createVerifiedEmails(storage, async (id) => people.get(id))
  const claim = async (one: User) => {
    people.set(one.id, one)
    await emails.follow(undefined, one)
  }
  const owner = async () => (await emails.find(email))?.id

  await claim(user('typed', { emailVerified: false }))
  await claim({ ...user('none'), email: undefined } as never)
  t.equal(await owner(), undefined)
  await claim(user('ann'))
  await claim(user('bob'))
  t.equal(await owner(), 'ann', 'a later one takes it from nobody')

  await emails.follow(user('bob'), undefined)
  t.equal(await owner(), 'ann', 'and frees nobody else\'s')
  people.set('ann', user('ann', { email: parseEmail('new@example.com') }))
  t.equal(await owner(), undefined, 'the person has another address by now')
  await claim(user('bob'))
  t.equal(await owner(), 'bob')
  people.set('bob', user('bob', { emailVerified: false }))
  t.equal(await owner(), undefined, 'nor does an address count that is proven no more')
  await emails.follow(user('bob'), undefined)
  t.same(await Array.fromAsync(storage.collection('verifiedAddress').all()), [])
})

t.test('an address of another method is a person\'s as well, for as long as the method is (AC-17)', async (t) => {
  const storage = openSqliteStorage(await folder(t), () => 1_800_000_000)
  t.teardown(() => storage.close())
  const people = new Map<string, User>()
  const emails = createVerifiedEmails(storage, async (id) => people.get(id))
  const work = parseEmail('ann@work.example')
  const ann = user('ann', { identities: [{ backend: 'oidc', subject: 'a', email: work, emailVerified: true }] })
  people.set('ann', ann)
  await emails.follow(undefined, ann)
  const holders = async (of = work) => (await emails.findHolders(of)).map(({ id }) => id)
  t.same([await holders(), await holders(email)], [['ann'], ['ann']])
  t.equal(await emails.find(work), undefined)
  const elsewhere = user('bob', { email: work })
  people.set('bob', elsewhere)
  await emails.follow(undefined, elsewhere)
  t.equal((await emails.find(work))?.id, 'bob', 'who has it as theirs is found by it')
  t.same(await holders(), ['ann', 'bob'])
  await emails.follow(elsewhere, undefined)
  t.same(await holders(), ['ann'])
  people.set('ann', user('ann'))
  await emails.follow(ann, user('ann'))
  t.same([await holders(), await holders(email)], [[], ['ann']])
})

t.test('storage holds no address', async (t) => {
  const storage = openSqliteStorage(await folder(t), () => 1_800_000_000)
  t.teardown(() => storage.close())
  await createVerifiedEmails(storage, async () => undefined).follow(undefined, user('ann'))
  t.notMatch(JSON.stringify(await Array.fromAsync(storage.collection('verifiedAddress').all())), 'example.com')
})
