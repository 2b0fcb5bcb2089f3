// Which grant a token belongs to: nothing made up, and nothing of another client, counts.
import { allowed, eachStoredGrants, fits, KEYS, LIFE, refused } from '../../../helpers/stored-grants.ts'

eachStoredGrants(async (t, stored) => {
  const { place, storage, grants, openGrants, issue } = stored

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
        t.equal(await grants.holderOf(token, 'c'), allowed.user.id)
        t.equal(await grants.holderOf(token, 'another'), undefined, 'of another client')
        t.equal(
          await grants.holderOf(token.slice(0, -43) + 'A'.repeat(43), 'c'),
          undefined,
          'made up, with the id of a grant'
        )
      }
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
      stored.now += 50
      t.match(await longer.findByRefreshToken(refreshToken!), { id: grant.id })
      t.equal(longer.isCurrentRefreshToken(grant, refreshToken!), false)
    }
  )

  t.test('the token before the current one may not be used as if it were current (RF-02)', async (t) => {
    const { refreshToken } = await issue()
    const { grant, refreshToken: next } = await grants.refresh(refreshToken!, fits)
    t.equal(grants.isCurrentRefreshToken(grant, next!), true)
    t.equal(grants.isCurrentRefreshToken(grant, refreshToken!), false)
  })
})
