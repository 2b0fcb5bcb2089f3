// Grants on SQLite and on a real Redis with a clock that a test sets:
// what is promised of a grant holds on both, by the
// server's clock.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Config } from '../../config/index.ts'
import type { Grant, TokenSet } from '../../plugins/oauth/grants/contract.ts'
import { createGrants, type Grants, type NewGrant } from '../../plugins/oauth/grants/index.ts'
import type { Collection, Storage } from '../../plugins/storage/contract.ts'
import { serviceOf } from '../../plugins/oauth/services.ts'
import { openRedisStorage } from '../../plugins/storage/redis/index.ts'
import { createSealing } from '../../plugins/secrets.ts'
import { openSqliteStorage } from '../../plugins/storage/sqlite/index.ts'
import { allowed as readOnly, everybody } from './grant.ts'
import { canHaveRedis, noRedis, startRedis } from './redis.ts'

const client = {
  client_id: 'reports',
  client_secret: 'sixteen or more characters',
  grant_types: ['client_credentials' as const],
  redirect_uris: [],
  scope: 'mcp:read mcp:write'
}
export const LIFE = {
  mcpUrl: 'https://mcp.example.com',
  backends: [{ id: 'local' }] as never,
  idJagIssuers: [{ issuer: 'https://acme.okta.com', domains: [] }],
  clients: [client] as Config['clients'],
  accessTokenTtl: 3_600,
  refreshTokenTtl: 90 * 86_400,
  grantTtl: 366 * 86_400,
  refreshGrace: 30,
  authorizationCodeTtl: 60
}
export type Life = typeof LIFE
export const allowed: NewGrant = { ...readOnly, scopes: ['mcp:read', 'mcp:write'] }
/** What the service of {@link LIFE} asks for. */
export const serviceRequest = {
  clientId: client.client_id,
  service: serviceOf(client)!,
  scopes: ['mcp:read'],
  resource: LIFE.mcpUrl,
  attempt: 'story'
}
export const fits = () => undefined
export const REFUSED = { name: 'OAuthError', code: 'invalid_grant' }

export interface GrantHouse {
  storage: Storage
  /** The server's clock, in seconds. */
  now: number
  /** @param store stands between the grants and storage. */
  open(life?: Partial<Life>, store?: (real: Collection<Grant>) => Collection<Grant>): Grants
  /** A connection: consent given, code redeemed. */
  connect(grants: Grants, more?: Partial<NewGrant>): Promise<TokenSet>
}

let redis: ReturnType<typeof startRedis> | undefined
let houses = 0

export function grantsTest (name: string, work: (t: Test, house: GrantHouse) => Promise<void>): void {
  redis ??= startRedis().then((started) => {
    t.teardown(() => started?.stop())
    return started
  })
  t.test(`${name} (SQLite)`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'mcp-grants-'))
    t.teardown(() => rm(folder, { recursive: true, force: true }))
    await work(t, await openHouse(t, async (now) => openSqliteStorage(folder, now)))
  })
  t.test(`${name} (Redis)`, { skip: canHaveRedis() ? false : noRedis }, async (t) => {
    const { url } = (await redis)!
    await work(t, await openHouse(t, () => openRedisStorage(`${url}${houses++}:`, { warn () {} })))
  })
}

async function openHouse (t: Test, openStorage: (now: () => number) => Promise<Storage>): Promise<GrantHouse> {
  const house = { now: 1_800_000_000 } as GrantHouse
  house.storage = await openStorage(() => house.now)
  t.teardown(() => house.storage.close())
  const sealing = createSealing(['x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A'])
  house.open = (life = {}, store = (real) => real) =>
    createGrants(
      store(house.storage.collection<Grant>('grant')),
      house.storage.collection('grantList'),
      sealing,
      () => house.now,
      { ...LIFE, ...life },
      everybody
    )
  house.connect = async (grants, more = {}) =>
    grants.redeem(await grants.issueCode({ ...allowed, ...more }), fits, { withRefresh: true })
  return house
}
