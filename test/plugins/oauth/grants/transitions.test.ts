// Random stories of one grant against a model of it, on both storages (threat WB-25).
import type { Test } from 'tap'
import type { Grants } from '../../../../plugins/oauth/grants/index.ts'
import { allowed, eachStoredGrants, fits, LIFE } from '../../../helpers/stored-grants.ts'

eachStoredGrants(async (t, stored) => {
  const { grants } = stored

  t.test('random steps against a model (WB-25)', async (t) => {
    const random = seeded(20_261_123)
    for (let story = 0; story < 25; story++) {
      await tellStory(t, grants, random, (seconds) => {
        stored.now += seconds
      })
    }
  })
})

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
