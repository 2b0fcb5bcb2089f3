// Keys of token families: what a dump shows, what a restart remembers, and what a change of secret keys leaves (threats
// WB-02, WB-03).
import { allowed, eachStoredGrants, fits, KEYS, refused } from '../../../helpers/stored-grants.ts'

eachStoredGrants(async (t, stored) => {
  const { place, grants, openGrants, issue } = stored

  t.test('a dump shows no code, token or key (WB-03)', async (t) => {
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

  t.test('after a restart a token of long ago is still known as reuse (WB-02)', async (t) => {
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
})
