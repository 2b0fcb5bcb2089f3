// The life of a grant, on SQLite and Redis: what a dump of storage shows, what a change of keys does, and thousands of
// random steps against a model (threats WB-02, WB-03, WB-25).
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
import { noRedis, startRedis } from '../helpers/redis.ts'

const KEYS = ['x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A', 'another-key-0123456789-abcdefghij']
const LIFE = {
  publicUrl: 'https://mcp.example.com',
  backends: [{ id: 'local' }] as never,
  accessTokenTtl: 100,
  refreshTokenTtl: 1000,
  grantTtl: 10_000,
  refreshGrace: 30,
  authorizationCodeTtl: 60
}
const allowed = {
  clientId: 'c',
  clientName: 'App',
  user: { id: 'u' },
  backend: 'local',
  scopes: ['mcp:read'],
  resource: LIFE.publicUrl,
  redirectUri: 'https://app.example/cb',
  redirectUriGiven: true,
  attempt: 'story',
  challenge: 'x',
  isStillSignedIn: async () => true
}
const fits = () => undefined

const redis = await startRedis()
t.teardown(() => redis?.stop())

interface Place {
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

for (const [name, makePlace] of [
  ['SQLite', sqlite],
  ['Redis', redis && onRedis]
] as const) {
  t.test(name, { skip: makePlace ? false : noRedis }, async (t) => {
    let now = 1_800_000_000
    const place = await makePlace!(t, () => now)
    const storage = await place.open()
    t.teardown(() => storage.close())
    const openGrants = (keys: string[], on = storage, life = LIFE): Grants =>
      createGrants(on.collection<Grant>('grant'), on.collection('grantList'), createSealing(keys), () => now, life)
    const grants = openGrants([KEYS[0]!])
    const issue = async () => grants.redeem(await grants.issueCode(allowed), fits, { withRefresh: true })
    const refused = { name: 'OAuthError', code: 'invalid_grant' }

    t.test('WB-03: a dump shows no code, token or key', async (t) => {
      const code = await grants.issueCode(allowed)
      const first = await grants.redeem(code, fits, { withRefresh: true })
      const second = await grants.refresh(first.refreshToken!, fits)
      const dump = await place.dump()
      t.match(dump, first.grant.id)
      for (const secret of [code, first.accessToken, first.refreshToken!, second.accessToken, second.refreshToken!]) {
        t.notMatch(dump, secret)
        t.notMatch(dump, secret.slice(-43), 'not even its secret part')
      }
    })

    t.test('a check that refuses leaves the record as it was', async (t) => {
      const code = await grants.issueCode(allowed)
      const before = await place.dump()
      await t.rejects(
        grants.redeem(code, () => 'no', { withRefresh: true }),
        refused
      )
      await t.rejects(
        grants.redeem(code.slice(0, -1) + (code.endsWith('A') ? 'B' : 'A'), fits, { withRefresh: true }),
        refused
      )
      t.equal(await place.dump(), before)
      const { refreshToken } = await grants.redeem(code, fits, { withRefresh: true })
      const after = await place.dump()
      await t.rejects(
        grants.refresh(refreshToken!, () => 'no'),
        refused
      )
      await t.rejects(
        grants.refresh(refreshToken!.slice(0, -1) + (refreshToken!.endsWith('A') ? 'B' : 'A'), fits),
        refused,
        'a forged token of the right grant and generation'
      )
      t.equal(await place.dump(), after)
    })

    t.test('WB-02: after a restart a token of long ago is still known as reuse', async (t) => {
      const first = await issue()
      let newest = first.refreshToken!
      for (let step = 0; step < 5; step++) newest = (await grants.refresh(newest, fits)).refreshToken!
      const again = await place.open()
      t.teardown(() => again.close())
      const restarted = openGrants([KEYS[0]!], again)
      await t.rejects(restarted.refresh(first.refreshToken!, fits), refused)
      await t.rejects(restarted.refresh(newest, fits), refused, 'the family is gone')
    })

    t.test('secret keys: a new first one keeps everything, and losing the only one keeps live grants', async (t) => {
      const { refreshToken } = await issue()
      const rotated = openGrants([KEYS[1]!, KEYS[0]!])
      const second = await rotated.refresh(refreshToken!, fits)
      t.equal(
        (await rotated.refresh(refreshToken!, fits)).refreshToken,
        second.refreshToken,
        'the grace works across the change'
      )
      const third = await openGrants([KEYS[1]!]).refresh(second.refreshToken!, fits)
      const lost = openGrants(['yet-another-key-0123456789-abcdef'])
      const fourth = await lost.refresh(third.refreshToken!, fits)
      t.ok(await lost.verifyAccessToken(fourth.accessToken))
      await t.rejects(lost.refresh('mcp_rt_' + 'A'.repeat(22) + '0.' + 'A'.repeat(43), fits), refused)
    })

    t.test(
      'a grant ends at its absolute end however often it is refreshed, and without refreshing at its sliding one',
      async (t) => {
        const begun = now
        let { refreshToken: token, grant } = await issue()
        const idle = await issue()
        t.equal(grant.endsAt, begun + LIFE.grantTtl)
        let last = ''
        for (now += 950; now < grant.endsAt; now += 850) {
          const next = await grants.refresh(token!, fits)
          token = next.refreshToken
          last = next.accessToken
          t.equal(next.grant.endsAt, grant.endsAt, 'no refresh moves it')
          if (now === begun + 950) {
            now += 51
            await t.rejects(grants.refresh(idle.refreshToken!, fits), refused, 'the idle one')
          }
        }
        now = grant.endsAt - 1
        ;({ refreshToken: token, accessToken: last } = await grants.refresh(token!, fits))
        t.match(await grants.verifyAccessToken(last), { expiresAt: grant.endsAt }, 'no token outlives it')
        now = grant.endsAt
        t.equal(await grants.verifyAccessToken(last), undefined)
        await t.rejects(grants.refresh(token!, fits), refused)
      }
    )

    t.test("of a person's grants those that are meant are ended, and no others", async (t) => {
      const { grant } = await issue()
      await grants.revokeAllOf('u', ({ backend }) => backend === 'another')
      t.match(await storage.collection<Grant>('grant').find(grant.id), { id: grant.id })
      await grants.revokeAllOf('u', ({ backend }) => backend === 'local')
      t.equal(await storage.collection<Grant>('grant').find(grant.id), undefined)
    })

    t.test('whoever asks is told of each grant that ends before its time, once, after it is gone', async (t) => {
      const told: string[] = []
      grants.onEnd(async ({ id }) => {
        told.push((await storage.collection<Grant>('grant').find(id)) === undefined ? id : `${id} is still there`)
      })
      const ends: Array<(tokens: TokenSet) => Promise<unknown>> = [
        ({ grant }) => grants.revoke(grant.id),
        ({ accessToken }) => grants.revokeToken(accessToken, 'c'),
        ({ refreshToken }) => grants.revokeToken(refreshToken!, 'c'),
        ({ grant }) => grants.revokeAllOf(grant.user.id),
        async ({ refreshToken }) => {
          await grants.refresh(refreshToken!, fits)
          now += LIFE.refreshGrace + 1
          await t.rejects(grants.refresh(refreshToken!, fits), refused)
        }
      ]
      await grants.revokeAllOf('u')
      for (const end of ends) {
        told.length = 0
        const tokens = await issue()
        await end(tokens)
        t.same(told, [tokens.grant.id])
        await grants.revoke(tokens.grant.id)
        t.same(told, [tokens.grant.id], 'what is gone does not end again')
      }
    })

    t.test('a made-up token with the id of a grant ends nothing, and neither does one of another client', async (t) => {
      const { accessToken, refreshToken, grant } = await issue()
      const before = await place.dump()
      for (const token of [accessToken, refreshToken!]) {
        t.equal(await grants.revokeToken(token.slice(0, -43) + 'A'.repeat(43), 'c'), undefined)
        await t.rejects(grants.revokeToken(token, 'another'), refused)
      }
      t.equal(await grants.revokeToken(refreshToken!.replace(`${grant.id}0.`, `${grant.id}7.`), 'c'), undefined)
      t.equal(await place.dump(), before)
      t.ok(await grants.verifyAccessToken(accessToken))
    })

    t.test(
      'what is shown vouches for the client it was given to, and nothing made up or of another client does',
      async (t) => {
        const code = await grants.issueCode(allowed)
        const { accessToken, refreshToken } = await issue()
        for (const token of [code, accessToken, refreshToken!]) {
          t.equal(await grants.isHeld(token, 'c'), true)
          t.equal(await grants.isHeld(token, 'another'), false, 'of another client')
          t.equal(
            await grants.isHeld(token.slice(0, -43) + 'A'.repeat(43), 'c'),
            false,
            'made up, with the id of a grant'
          )
        }
      }
    )

    t.test(
      'while the way the person signed in is not in use nothing of a grant works, and nothing of it is spent',
      async (t) => {
        const without = openGrants([KEYS[0]!], storage, { ...LIFE, backends: [{ id: 'another' }] as never })
        const code = await grants.issueCode(allowed)
        const { accessToken, refreshToken } = await issue()
        const before = await place.dump()
        await t.rejects(without.redeem(code, fits, { withRefresh: true }), {
          ...refused,
          message: /not in use any more/
        })
        await t.rejects(without.refresh(refreshToken!, fits), { ...refused, message: /not in use any more/ })
        t.equal(await without.verifyAccessToken(accessToken), undefined)
        t.equal(await place.dump(), before)
        t.ok(await grants.redeem(code, fits, { withRefresh: true }), 'named again, it goes on')
      }
    )

    t.test(
      'a refresh token is current until it is used or expires, also where an access token outlives it',
      async (t) => {
        const longer = openGrants([KEYS[0]!], storage, { ...LIFE, refreshTokenTtl: 50 })
        const { grant, refreshToken } = await longer.redeem(await longer.issueCode(allowed), fits, {
          withRefresh: true
        })
        t.equal(longer.isCurrentRefreshToken(grant, refreshToken!), true)
        now += 50
        t.match(await longer.findByRefreshToken(refreshToken!), { id: grant.id })
        t.equal(longer.isCurrentRefreshToken(grant, refreshToken!), false)
      }
    )

    t.test('a code that was never redeemed is no connected app', async (t) => {
      const { grant } = await issue()
      await grants.issueCode(allowed)
      const listed = await grants.listByUser('u')
      t.ok(listed.some(({ id }) => id === grant.id))
      t.ok(listed.every(({ code }) => code.used))
    })

    t.test('a longer grant is found by its person after a later, shorter one has ended', async (t) => {
      const { grant } = await issue()
      await grants.issueCode({ ...allowed, accountEndsAt: now + 10 })
      now += 100
      t.ok((await grants.listByUser('u')).some(({ id }) => id === grant.id))
      await grants.revokeAllOf('u')
      t.equal(await storage.collection<Grant>('grant').find(grant.id), undefined, 'and can be ended')
    })

    t.test('WB-25: random steps against a model', async (t) => {
      const random = seeded(20_261_123)
      for (let story = 0; story < 25; story++) {
        await tellStory(t, grants, random, (seconds) => {
          now += seconds
        })
      }
    })
  })
}

/** A small generator with a seed, so that a failure can be told again. */
function seeded (seed: number) {
  return (below: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
}

/**
 * One grant's life in random steps. The model: is it alive, which refresh token is current, which was before it and
 * since when.
 */
async function tellStory (t: Test, grants: Grants, random: (below: number) => number, pass: (seconds: number) => void) {
  const code = await grants.issueCode(allowed)
  const { accessToken, refreshToken } = await grants.redeem(code, fits, { withRefresh: true })
  const tokens = [refreshToken!]
  let access = accessToken
  let alive = true
  let age = 0
  for (let step = 0; step < 30 && alive; step++) {
    const what = random(10)
    if (what < 5) {
      const next = await grants.refresh(tokens.at(-1)!, fits)
      tokens.push(next.refreshToken!)
      access = next.accessToken
      age = 0
    } else if (what < 7 && tokens.length > 1) {
      const retry = await grants.refresh(tokens.at(-2)!, fits).catch(() => undefined)
      if (age <= LIFE.refreshGrace) { t.equal(retry?.refreshToken, tokens.at(-1), 'a retry within the grace gets the same successor') } else {
        t.equal(retry, undefined, 'later it is reuse')
        alive = false
      }
    } else if (what === 7 && tokens.length > 2) {
      t.equal(
        await grants.refresh(tokens[random(tokens.length - 2)]!, fits).catch(() => undefined),
        undefined,
        'an older one is reuse'
      )
      alive = false
    } else if (what === 8) {
      const seconds = random(40)
      age += seconds
      pass(seconds)
    } else if (what === 9 && random(4) === 0) {
      const ended =
        random(2) === 0
          ? (await grants.revokeToken(tokens.at(-1)!, 'c')) !== undefined
          : await grants.redeem(code, fits, { withRefresh: true }).then(
            () => false,
            () => true
          )
      t.equal(ended, true, 'revoked, or the code replayed')
      alive = false
    }
  }
  if (!alive) {
    t.equal(await grants.verifyAccessToken(access), undefined, 'nothing is alive after it')
    t.equal(await grants.refresh(tokens.at(-1)!, fits).catch(() => undefined), undefined)
  }
}
