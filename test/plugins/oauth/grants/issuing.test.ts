// Issuing and refreshing: storage that was set back, retries, and hundreds of refreshes at once (threats GR-02, GR-04,
// GR-05).
import type { Grant } from '../../../../plugins/oauth/grants/contract.ts'
import { MAX_SERVICE_TOKENS } from '../../../../plugins/oauth/grants/transitions.ts'
import { fits, grantsTest, REFUSED, serviceRequest, type GrantHouse } from '../../../helpers/grants.ts'

const reused = { ...REFUSED, cause: { message: 'used before' } }
const recordOf = async ({ storage }: GrantHouse, id: string): Promise<Grant> =>
  (await storage.collection<Grant>('grant').find(id))!
const putBack = ({ storage }: GrantHouse, grant: Grant) =>
  storage.collection<Grant>('grant').put(grant.id, grant, 1_000_000)

grantsTest(
  'where storage was set back the newest token goes on, and every older one is refused (GR-02)',
  async (t, house) => {
    const grants = house.open()
    const first = await house.connect(grants)
    const backup = await recordOf(house, first.grant.id)
    const second = await grants.refresh(first.refreshToken!, fits)
    const third = await grants.refresh(second.refreshToken!, fits)
    await putBack(house, backup)
    house.now += 3_600

    const found = (await grants.findByRefreshToken(third.refreshToken!))!
    t.equal(grants.isCurrentRefreshToken(found, third.refreshToken!), true)
    t.equal(
      grants.isCurrentRefreshToken(
        found,
        third.refreshToken!.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
      ),
      false
    )
    await t.rejects(
      grants.refresh(third.refreshToken!, () => 'another client'),
      REFUSED
    )
    t.same(await recordOf(house, found.id), backup, 'a refusal changes nothing')

    const next = await grants.refresh(third.refreshToken!, fits)
    t.equal((await grants.refresh(third.refreshToken!, fits)).refreshToken, next.refreshToken, 'with the usual grace')
    t.ok(await grants.verifyAccessToken(next.accessToken))
    await t.rejects(grants.refresh(first.refreshToken!, fits), reused, 'the token of the backup')
    t.equal(await grants.verifyAccessToken(next.accessToken), undefined)
  }
)

grantsTest(
  'a thief who uses the token of the backup is found out by the next refresh of its owner (GR-02)',
  async (t, house) => {
    const grants = house.open()
    const first = await house.connect(grants)
    const backup = await recordOf(house, first.grant.id)
    const second = await grants.refresh(first.refreshToken!, fits)
    const third = await grants.refresh(second.refreshToken!, fits)
    const fourth = await grants.refresh(third.refreshToken!, fits)
    await putBack(house, backup)
    const stolen = await grants.refresh(first.refreshToken!, fits)
    t.ok(await grants.refresh(fourth.refreshToken!, fits))
    await t.rejects(grants.refresh(stolen.refreshToken!, fits), reused)
  }
)

grantsTest('a made-up token of a high generation changes nothing (GR-02)', async (t, house) => {
  const grants = house.open()
  const { refreshToken, grant } = await house.connect(grants)
  const before = await recordOf(house, grant.id)
  for (const generation of ['1', '2', 'zzzzzzz']) {
    await t.rejects(grants.refresh(refreshToken!.replace(`${grant.id}0.`, `${grant.id}${generation}.`), fits), {
      ...REFUSED,
      cause: undefined
    })
  }
  t.same(await recordOf(house, grant.id), before)
})

grantsTest('retries get the same tokens, are told apart, and write once (GR-04)', async (t, house) => {
  let writes = 0
  const grants = house.open({}, (real) => ({
    ...real,
    update: (id, decide) =>
      real.update(id, (record) => {
        const change = decide(record)
        if (change.write) writes++
        return change
      })
  }))
  const first = await house.connect(grants)
  writes = 0
  const all = await Promise.all(Array.from({ length: 300 }, () => grants.refresh(first.refreshToken!, fits)))
  t.same(
    all.map(({ retry }) => retry),
    [undefined, 'first', ...Array<string>(298).fill('again')]
  )
  t.equal(writes, 2, 'the rotation and the first retry, without a race')
  t.equal(new Set(all.map(({ refreshToken }) => refreshToken)).size, 1)
  t.equal(new Set(all.map(({ accessToken }) => accessToken)).size, 1)
  t.ok(await grants.verifyAccessToken(all[299]!.accessToken), 'and no answer is dead on arrival')
  const next = await grants.refresh(all[0]!.refreshToken!, fits)
  t.equal((await grants.refresh(all[0]!.refreshToken!, fits)).retry, 'first', 'a generation later it is told again')
  t.not(next.accessToken, all[0]!.accessToken)
})

grantsTest(
  'a retry with other scopes, or after its access token has expired, gets a token of its own (GR-04)',
  async (t, house) => {
    const grants = house.open({ accessTokenTtl: 10 })
    const first = await house.connect(grants)
    const whole = await grants.refresh(first.refreshToken!, fits)
    const narrow = await grants.refresh(first.refreshToken!, fits, ['mcp:read'])
    t.same(narrow.scopes, ['mcp:read'])
    t.same((await grants.verifyAccessToken(narrow.accessToken))!.scopes, ['mcp:read'], 'no more than was asked for')
    t.equal(narrow.refreshToken, whole.refreshToken)
    house.now += 11
    const late = await grants.refresh(first.refreshToken!, fits)
    t.ok(await grants.verifyAccessToken(late.accessToken))
    t.equal(await grants.verifyAccessToken(whole.accessToken), undefined, 'what has expired stays so')
  }
)

grantsTest('the record of a busy client stays bounded (GR-05)', async (t, house) => {
  const grants = house.open()
  let tokens = await house.connect(grants)
  for (let count = 0; count < 25; count++) tokens = await grants.refresh(tokens.refreshToken!, fits)
  t.equal(Object.keys((await recordOf(house, tokens.grant.id)).accessTokens).length, 20)
  t.ok(await grants.verifyAccessToken(tokens.accessToken), 'the newest is among them')
})

grantsTest('a service that asks without end has one record and 100 tokens, and the oldest go first (SV-07)', async (t, house) => {
  const grants = house.open()
  const flood = Array.from({ length: MAX_SERVICE_TOKENS + 20 }, () => grants.issueToService(serviceRequest))
  const tokens = (await Promise.all(flood)).map(({ accessToken }) => accessToken)
  const alive = await Promise.all(tokens.map(async (token) => (await grants.verifyAccessToken(token)) !== undefined))
  t.same(alive, [...Array(20).fill(false), ...Array(MAX_SERVICE_TOKENS).fill(true)])
  t.equal((await Array.fromAsync(house.storage.collection('grant').all())).length, 1)
  t.same(await Array.fromAsync(house.storage.collection('grantList').all()), [], 'and no list')
  house.now += 3_600
  await grants.issueToService(serviceRequest)
  const { record } = (await Array.fromAsync(house.storage.collection<Grant>('grant').all()))[0]!
  t.equal(Object.keys(record.accessTokens).length, 1, 'what has expired goes with the next')
})

grantsTest('a token of a service is narrower than the service, and all end together (SV-04, SV-08)', async (t, house) => {
  const grants = house.open()
  const [first, second] = [await grants.issueToService(serviceRequest), await grants.issueToService(serviceRequest)]
  t.equal(first.refreshToken, undefined)
  const access = (await grants.verifyAccessToken(first.accessToken))!
  t.match(access, { user: { id: 'service:reports' }, backend: 'service', clientId: 'reports' })
  t.same(access.scopes, ['mcp:read'])
  t.equal(await grants.stillAllows(access), true)
  await t.rejects(grants.revokeToken(first.accessToken, 'c'), REFUSED)
  t.ok(await grants.verifyAccessToken(first.accessToken), 'another client ends nothing')
  const { id } = (await grants.revokeToken(first.accessToken, 'reports'))!
  t.equal(await grants.verifyAccessToken(second.accessToken), undefined)
  t.equal(await grants.stillAllows(access), false)
  for (const kind of ['ac', 'rt']) {
    const forged = `mcp_${kind}_${id}${kind === 'rt' ? '1.' : ''}${'x'.repeat(43)}`
    await grants.issueToService(serviceRequest)
    await t.rejects(kind === 'ac' ? grants.redeem(forged, fits, { withRefresh: true }) : grants.refresh(forged, fits), REFUSED)
    t.equal(await grants.holderOf(forged, 'reports'), undefined)
  }
})

grantsTest('with another secret nothing of the earlier one works, and its tokens leave the record (SV-08)', async (t, house) => {
  const { accessToken } = await house.open().issueToService(serviceRequest)
  t.equal(await house.open({ clients: [] }).verifyAccessToken(accessToken), undefined, 'taken out of CLIENTS')
  const grants = house.open()
  t.ok(await grants.verifyAccessToken(accessToken), 'put back')
  const service = { ...serviceRequest.service, version: 'another' }
  const { grant } = await grants.issueToService({ ...serviceRequest, service })
  t.equal(Object.keys(grant.accessTokens).length, 1)
  t.equal(await grants.verifyAccessToken(accessToken), undefined)
})

grantsTest('at another address no token of a service for the earlier one works, also once there is a new one (WB-46)', async (t, house) => {
  const { accessToken: earlier } = await house.open().issueToService(serviceRequest)
  const resource = 'https://elsewhere.example'
  const moved = house.open({ mcpUrl: resource })
  t.equal(await moved.verifyAccessToken(earlier), undefined)
  const { accessToken } = await moved.issueToService({ ...serviceRequest, resource })
  t.ok(await moved.verifyAccessToken(accessToken))
  t.equal(await moved.verifyAccessToken(earlier), undefined)
})
