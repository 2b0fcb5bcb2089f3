// Who an access token speaks for: the person as they are at each request, and nobody once they are locked or gone.
import t from 'tap'
import type { Grant, GrantUser } from '../../../../plugins/oauth/grants/contract.ts'
import { createReading, type GrantStore } from '../../../../plugins/oauth/grants/reading.ts'
import type { Service } from '../../../../plugins/oauth/services.ts'
import { hashSecret } from '../../../../plugins/secrets.ts'
import { newGrantId, newToken } from '../../../../plugins/oauth/grants/token-format.ts'

const RESOURCE = 'https://mcp.example.com'
const VALID = { resource: RESOURCE, backendsInUse: new Set(['local']), services: new Map() }
const id = newGrantId()
const token = newToken('at', id)
const grant = {
  id,
  clientId: 'c',
  user: { id: 'ann', email: 'old@example.com', emailVerified: true, groups: ['old'] },
  backend: 'local',
  scopes: ['mcp:read'],
  resource: RESOURCE,
  endsAt: 2_000,
  accessTokens: { [hashSecret(token)]: { scopes: ['mcp:read'], expiresAt: 1_001 } }
} as unknown as Grant

/** @param asked as storage answers: at once from memory, or later. */
function open (asked: <T>(found: T) => T | Promise<T>, now = () => 1_000) {
  const people = new Map<string, GrantUser>([['ann', { id: 'ann', groups: ['staff'] }]])
  const store = { findCached: (grantId: string) => asked(grantId === id ? grant : undefined) } as unknown as GrantStore
  const reading = createReading(store, {} as never, now, VALID, (id) => asked(people.get(id)))
  return { people, ...reading }
}

for (const [where, asked] of [['in memory', (found) => found], ['in storage', async (found) => found]] as Array<[string, <T>(found: T) => T | Promise<T>]>) {
  t.test(`a token speaks for the person as they are now, not as they consented (${where})`, async (t) => {
    const { people, verifyAccessToken } = open(asked)
    t.same((await verifyAccessToken(token))!.user, { id: 'ann', groups: ['staff'] })
    people.set('ann', { id: 'ann', email: 'new@example.com', emailVerified: true, groups: [] })
    t.same((await verifyAccessToken(token))!.user, { id: 'ann', email: 'new@example.com', emailVerified: true, groups: [] })
  })

  t.test(`nobody speaks for a person who is locked or gone, and what runs for them is no longer allowed (${where})`, async (t) => {
    const { people, verifyAccessToken, stillAllows } = open(asked)
    const access = (await verifyAccessToken(token))!
    people.set('ann', { id: 'ann', groups: [] })
    t.equal(await stillAllows(access), true)
    t.same(access.user, { id: 'ann', groups: [] }, 'what is open meanwhile learns of a change')
    people.delete('ann')
    t.equal(await stillAllows(access), false)
    t.equal(await verifyAccessToken(token), undefined)
  })
}

t.test('what outlives its request does not outlive the grant', async (t) => {
  const clock = { now: 1_000 }
  const { verifyAccessToken, stillAllows } = open((found) => found, () => clock.now)
  const access = (await verifyAccessToken(token))!
  clock.now = grant.endsAt - 1
  t.equal(stillAllows(access), true)
  clock.now = grant.endsAt
  t.equal(stillAllows(access), false)
})

t.test('where both records are in memory, no request waits for a promise', async (t) => {
  const { verifyAccessToken, stillAllows } = open((found) => found)
  const access = verifyAccessToken(token)
  t.notOk(access instanceof Promise)
  t.equal(stillAllows(access as never), true)
})

t.test('a service has no record: its token counts, and stays allowed, by CLIENTS alone', async (t) => {
  const user = { id: 'service:c', groups: ['finance'] }
  const services = new Map([['c', { version: 'v1', user } as unknown as Service]])
  const ofService = { ...grant, service: 'v1' }
  const store = { findCached: () => ofService } as unknown as GrantStore
  const nobody = () => undefined
  const reading = createReading(store, {} as never, () => 1_000, { ...VALID, services }, nobody)
  const access = (await reading.verifyAccessToken(token))!
  t.same(access.user, user)
  t.equal(await reading.stillAllows(access), true)
})
