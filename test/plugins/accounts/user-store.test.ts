// The person as they are now: read from memory, and never older than what storage vouches for.
import { isDeepStrictEqual } from 'node:util'
import { openUserStore } from '../../../plugins/accounts/user-store.ts'
import type { User } from '../../../plugins/sign-in/contract.ts'
import { eachStorage } from '../../helpers/each-storage.ts'
import { until } from '../../helpers/until.ts'

const NOW = 1_800_000_000
const IN_USE = new Set(['oidc'])
const ann: User = {
  id: 'ann',
  identities: [{ backend: 'oidc', subject: 'a', groups: ['staff'] }, { backend: 'gone', subject: 'b', groups: ['old'] }],
  backend: 'oidc',
  name: 'Ann',
  createdAt: NOW,
  lastSignInAt: NOW
}

eachStorage('a change of a person counts at the next read, on this instance and on every other', async (t, open) => {
  const instance = async () => openUserStore(await open(() => NOW), () => NOW, IN_USE, [])
  const [here, there] = [await instance(), await instance()]
  const change = (more: Partial<User>) => here.records.put('ann', { ...ann, ...more } as User, null)
  await change({})
  t.same(await there.current('ann', 'oidc'), { id: 'ann', name: 'Ann', groups: ['staff'] })
  const changes: Array<[Partial<User>, object]> = [
    [{ groups: ['finance'] }, { groups: ['finance', 'staff'] }],
    [{ identities: [{ backend: 'oidc', subject: 'a' }] }, { groups: [] }],
    [{ email: 'ann@example.com' as never, emailVerified: true }, { email: 'ann@example.com', emailVerified: true }],
    [{ email: 'ann@example.com' as never, emailVerified: false }, { emailVerified: false }],
    [{ name: 'Anna' }, { name: 'Anna' }]
  ]
  for (const [more, expected] of changes) {
    await change(more)
    t.match(await here.current('ann', 'oidc'), expected, `here, at once: ${JSON.stringify(more)}`)
    const same = async () => isDeepStrictEqual(await there.current('ann', 'oidc'), await here.current('ann', 'oidc'))
    t.ok(await until(same), 'and on the other')
  }
  for (const more of [{ locked: true as const }, { endsAt: NOW }, { identities: ann.identities.slice(1) }]) {
    await change({})
    await change(more)
    t.equal(await here.current('ann', 'oidc'), undefined, JSON.stringify(more))
    t.ok(await until(async () => (await there.current('ann', 'oidc')) === undefined))
  }
  await change({})
  await here.records.delete('ann')
  t.equal(await here.current('ann', 'oidc'), undefined, 'who is gone')
  t.ok(await until(async () => (await there.current('ann', 'oidc')) === undefined))
})

eachStorage('a person who was read comes from memory without a promise, and cannot be changed there', async (t, open) => {
  const store = await openUserStore(await open(() => NOW), () => NOW, IN_USE, [])
  await store.records.put('ann', ann, null)
  const isInMemory = async () => {
    await store.current('ann', 'oidc')
    return !(store.current('ann', 'oidc') instanceof Promise)
  }
  t.ok(await until(isInMemory))
  const person = store.current('ann', 'oidc')
  t.ok(Object.isFrozen(person))
  t.ok(store.records.find('ann') instanceof Promise, 'what decides about sessions reads storage')
})
