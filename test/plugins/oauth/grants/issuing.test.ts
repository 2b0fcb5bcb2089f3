// Issuing and refreshing: storage that was set back, retries, and hundreds of refreshes at once (threats GR-02, GR-04,
// GR-05).
import type { Grant } from '../../../../plugins/oauth/grants/contract.ts'
import { fits, grantsTest, REFUSED, type GrantHouse } from '../../../helpers/grants.ts'

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
