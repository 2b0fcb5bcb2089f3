// Permissions that an organization gives: one grant for the same permission, without a code and a refresh token.
import { grantsTest, LIFE, REFUSED } from '../../../helpers/grants.ts'

const allowed = {
  clientId: 'c',
  clientName: 'App',
  user: { id: 'u' },
  backend: 'id-jag https://acme.okta.com',
  scopes: ['mcp:read'],
  resource: LIFE.mcpUrl,
  attempt: 'story'
}

grantsTest('each assertion brings one access token to the same grant, which ends with the last of them', async (t, house) => {
  const grants = house.open()
  const first = await grants.issueByOrganization(allowed)
  t.match(first, { expiresIn: 3_600, scopes: ['mcp:read'], refreshToken: undefined, renewed: undefined })
  t.equal(first.grant.code, undefined)
  house.now += 1_800
  const second = await grants.issueByOrganization(allowed)
  t.match(second, { renewed: true, expiresIn: 3_600, grant: { id: first.grant.id } })
  t.not(second.accessToken, first.accessToken)
  t.match(await grants.verifyAccessToken(first.accessToken), { user: { id: 'u' } })
  t.equal((await grants.listByUser('u')).length, 1)
  house.now += 1_801
  t.equal(await grants.verifyAccessToken(first.accessToken), undefined, 'its hour is over')
  const access = (await grants.verifyAccessToken(second.accessToken))!
  t.equal(await grants.stillAllows(access), true)
  house.now += 1_799
  t.equal(await grants.verifyAccessToken(second.accessToken), undefined)
  t.equal(await grants.stillAllows(access), false)
})

grantsTest('another app, person, issuer, scope or resource is another grant', async (t, house) => {
  const issuers = ['https://acme.okta.com', 'https://other.example']
  const grants = house.open({ idJagIssuers: issuers.map((issuer) => ({ issuer, domains: [] })) })
  const ids = []
  for (const more of [
    {},
    { clientId: 'd' },
    { user: { id: 'v' } },
    { backend: 'id-jag https://other.example' },
    { scopes: ['mcp:read', 'mcp:write'] },
    { resource: 'https://other.example/' }
  ]) ids.push((await grants.issueByOrganization({ ...allowed, ...more })).grant.id)
  t.equal(new Set(ids).size, 6)
  const consented = await house.connect(grants, { clientId: 'c', user: { id: 'w' } })
  const given = await grants.issueByOrganization({ ...allowed, user: { id: 'w' } })
  t.not(given.grant.id, consented.grant.id, 'nor does it continue what the person allowed')
})

grantsTest('it ends at once when it is revoked, and no code or refresh token leads to it (EM-10)', async (t, house) => {
  const grants = house.open()
  const { accessToken, grant } = await grants.issueByOrganization(allowed)
  const secret = accessToken.slice('mcp_at_'.length)
  await t.rejects(grants.redeem(`mcp_ac_${secret}`, () => undefined, { withRefresh: true }), REFUSED)
  await t.rejects(grants.refresh(`mcp_rt_${grant.id}0.${secret.slice(22)}`, () => undefined), REFUSED)
  t.equal(await grants.holderOf(`mcp_ac_${secret}`, 'c'), undefined)
  t.equal(await grants.holderOf(accessToken, 'c'), 'u')
  await grants.revoke(grant.id)
  t.equal(await grants.verifyAccessToken(accessToken), undefined)
  const again = await grants.issueByOrganization(allowed)
  t.not(again.grant.id, grant.id)
  t.equal(await grants.verifyAccessToken(accessToken), undefined, 'and stays so when the organization connects it again')
  t.match(await grants.revokeToken(again.accessToken, 'c'), { id: again.grant.id })
})

grantsTest('of an issuer that is not configured no token works (EM-10)', async (t, house) => {
  const { accessToken } = await house.open().issueByOrganization(allowed)
  const without = house.open({ idJagIssuers: [] })
  t.equal(await without.verifyAccessToken(accessToken), undefined)
  t.ok(await house.open().verifyAccessToken(accessToken))
})

grantsTest('many at once are one grant or a few, and twenty tokens of a grant at most', async (t, house) => {
  const grants = house.open()
  const issued = await Promise.all(Array.from({ length: 30 }, () => grants.issueByOrganization(allowed)))
  t.equal(new Set(issued.map(({ accessToken }) => accessToken)).size, 30)
  const [grant] = await grants.listByUser('u')
  for (let more = 0; more < 25; more++) await grants.issueByOrganization(allowed)
  const listed = await grants.listByUser('u')
  t.ok(listed.every(({ accessTokens }) => Object.keys(accessTokens).length <= 20), grant!.id)
})

grantsTest('a grant that ends while it is renewed stays ended, and the next one is new (EM-10)', async (t, house) => {
  const meanwhile = { revoked: '' }
  const grants = house.open({}, (real) => ({
    ...real,
    update: async (id, decide) => {
      if (meanwhile.revoked) await real.delete(meanwhile.revoked)
      return real.update(id, decide)
    }
  }))
  const first = await grants.issueByOrganization(allowed)
  meanwhile.revoked = first.grant.id
  const second = await grants.issueByOrganization(allowed)
  t.not(second.grant.id, first.grant.id)
  t.equal(second.renewed, undefined)
  t.equal(await grants.verifyAccessToken(first.accessToken), undefined)
  t.equal(await house.storage.collection('grant').find(first.grant.id), undefined, 'nothing is written of it')
  t.match(await grants.verifyAccessToken(second.accessToken), { grantId: second.grant.id })
})
