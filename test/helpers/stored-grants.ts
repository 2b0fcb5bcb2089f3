// Grants with short lifetimes on SQLite and on Redis, and a dump of everything that is stored.
import { mkdtemp, rm } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Grant, TokenSet } from '../../plugins/oauth/grants/contract.ts'
import { createGrants, type Grants } from '../../plugins/oauth/grants/index.ts'
import type { Storage } from '../../plugins/storage/contract.ts'
import { openRedisStorage } from '../../plugins/storage/redis/index.ts'
import { createSealing } from '../../plugins/secrets.ts'
import { openSqliteStorage } from '../../plugins/storage/sqlite/index.ts'
import { allowed, everybody } from './grant.ts'
import { noRedis, startRedis } from './redis.ts'

export { allowed }
export const KEYS = ['x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A', 'another-key-0123456789-abcdefghij']
export const LIFE = {
  mcpUrl: 'https://mcp.example.com',
  backends: [{ id: 'local' }] as never,
  idJagIssuers: [{ issuer: 'https://acme.okta.com', domains: [] }],
  accessTokenTtl: 100,
  refreshTokenTtl: 1000,
  grantTtl: 10_000,
  refreshGrace: 30,
  authorizationCodeTtl: 60
}
export const fits = () => undefined

const redis = await startRedis()
t.teardown(() => redis?.stop())

export interface Place {
  open(): Promise<Storage>
  dump(): Promise<string>
}

async function sqlite (t: Test, now: () => number): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-grants-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return {
    open: async () => openSqliteStorage(folder, now),
    async dump () {
      const db = new DatabaseSync(join(folder, 'oauth.db'))
      const rows = db.prepare('SELECT * FROM records').all()
      db.close()
      return JSON.stringify(rows)
    }
  }
}

async function onRedis (): Promise<Place> {
  return {
    open: () => openRedisStorage(redis!.url, { warn () {} }),
    async dump () {
      const keys = await redis!.client.keys('*')
      return JSON.stringify(
        await Promise.all(keys.map(async (key) => [key, await redis!.client.get(key.slice(key.indexOf(':') + 1))]))
      )
    }
  }
}

export const refused = { name: 'OAuthError', code: 'invalid_grant' }

export interface StoredGrants {
  /** The server's clock, in seconds. */
  now: number
  place: Place
  storage: Storage
  grants: Grants
  openGrants(keys: string[], on?: Storage, life?: typeof LIFE): Grants
  /** A connection: consent given, code redeemed. */
  issue(): Promise<TokenSet>
}

/** Runs the tests once on each storage. */
export function eachStoredGrants (work: (t: Test, stored: StoredGrants) => Promise<void>): void {
  for (const [name, makePlace] of [
    ['SQLite', sqlite],
    ['Redis', redis && onRedis]
  ] as const) {
    t.test(name, { skip: makePlace ? false : noRedis }, async (t) => {
      const stored = { now: 1_800_000_000 } as StoredGrants
      stored.place = await makePlace!(t, () => stored.now)
      stored.storage = await stored.place.open()
      t.teardown(() => stored.storage.close())
      stored.openGrants = (keys, on = stored.storage, life = LIFE) =>
        createGrants(
          on.collection<Grant>('grant'),
          on.collection('grantList'),
          createSealing(keys),
          () => stored.now,
          life,
          everybody
        )
      stored.grants = stored.openGrants([KEYS[0]!])
      stored.issue = async () =>
        stored.grants.redeem(await stored.grants.issueCode(allowed), fits, { withRefresh: true })
      await work(t, stored)
    })
  }
}
