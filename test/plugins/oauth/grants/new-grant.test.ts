// Which grants give way to a new one: those of the same client first, the least recently used first.
import t from 'tap'
import type { Grant } from '../../../../plugins/oauth/grants/contract.ts'
import { GRANT_BOUNDS, grantsToReplace, newGrant } from '../../../../plugins/oauth/grants/new-grant.ts'
import { allowed, LIFE } from '../../../helpers/grants.ts'

const { perClient, perUser } = GRANT_BOUNDS
let made = 0
/** Grants of one client, each created a second after the one before it. */
const grants = (count: number, clientId: string): Grant[] =>
  Array.from({ length: count }, () => ({ ...newGrant({ ...allowed, clientId }, ++made, LIFE).grant, id: `${clientId}${made}` }))

t.test('below the bounds nothing gives way', async (t) => {
  t.same(grantsToReplace([], 'c'), [])
  t.same(grantsToReplace(grants(perClient - 1, 'c'), 'c'), [])
  t.same(grantsToReplace(Array.from({ length: perUser - 1 }, (_, n) => grants(1, `c${n}`)).flat(), 'c'), [])
})

t.test("a client beyond its bound replaces its own oldest grant, never another's (OW-05)", async (t) => {
  const other = grants(1, 'other')
  const own = grants(perClient, 'c')
  t.same(grantsToReplace([...own, ...other], 'c'), [own[0]])
})

t.test('a refreshed grant outlives an older one that is not used', async (t) => {
  const [first, ...more] = grants(perClient, 'c')
  const refresh = { current: '', generation: 1, chain: '', rotatedAt: made + 100, expiresAt: made + 200 }
  t.same(grantsToReplace([{ ...first!, refresh }, ...more], 'c'), [more[0]])
})

t.test('more than the bounds, as earlier versions allowed, come down to them at once', async (t) => {
  const many = Array.from({ length: perUser + 20 }, (_, n) => grants(1, `c${n}`)).flat()
  t.same(grantsToReplace(many, 'new'), many.slice(0, 21))
})

t.test('a grant holds hashes only, and ends no later than the account', async (t) => {
  const { grant, code } = newGrant({ ...allowed, accountEndsAt: 50 }, 10, LIFE)
  t.equal(grant.endsAt, 50)
  t.equal(newGrant(allowed, 10, LIFE).grant.endsAt, 10 + LIFE.grantTtl)
  t.notMatch(JSON.stringify(grant), code.slice(-43))
  t.notOk('isStillSignedIn' in grant)
})

t.test('a grant keeps what was taken away, and nothing where nothing was (AZ-37)', async (t) => {
  const less = { declined: ['mcp:write'], without: ['search'] }
  t.match(newGrant({ ...allowed, ...less }, 10, LIFE).grant, less)
  const { grant } = newGrant({ ...allowed, declined: [], without: [] }, 10, LIFE)
  t.notOk('declined' in grant || 'without' in grant)
})
