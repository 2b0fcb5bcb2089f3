// What a grant survives: storage that was set back, storage that does not say whether it wrote, hundreds of refreshes
// at once; and what a thief must not gain by it (threats GR-02..06).
import t from 'tap'
import type { Grant } from '../../plugins/oauth/grants/contract.ts'
import { createGrantQueue } from '../../plugins/oauth/grants/grant-queue.ts'
import { StorageUnavailable, type Collection } from '../../plugins/storage/contract.ts'
import { allowed, fits, grantsTest, REFUSED, type GrantHouse } from '../helpers/grants.ts'

const reused = { ...REFUSED, cause: { message: 'used before' } }
const recordOf = async ({ storage }: GrantHouse, id: string): Promise<Grant> =>
  (await storage.collection<Grant>('grant').find(id))!
const putBack = ({ storage }: GrantHouse, grant: Grant) =>
  storage.collection<Grant>('grant').put(grant.id, grant, 1_000_000)

grantsTest(
  'GR-02: where storage was set back the newest token goes on, and every older one is refused',
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
  'GR-02: a thief who uses the token of the backup is found out by the next refresh of its owner',
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

grantsTest('GR-02: a made-up token of a high generation changes nothing', async (t, house) => {
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

/** Storage that does what it is told and then does not say so, as when a connection breaks; or that is away. */
function faulty () {
  const fault = { losesAnswers: false, isAway: false }
  const store = (real: Collection<Grant>): Collection<Grant> => ({
    ...real,
    async update (id, decide) {
      if (fault.isAway) throw new StorageUnavailable('away')
      const result = await real.update(id, decide)
      if (fault.losesAnswers) throw new StorageUnavailable('no answer')
      return result
    }
  })
  return { fault, store }
}

grantsTest(
  'GR-03: a refresh that was written and never answered is taken back, however long storage is away',
  async (t, house) => {
    const { fault, store } = faulty()
    const grants = house.open({}, store)
    const first = await house.connect(grants)
    const before = await recordOf(house, first.grant.id)
    fault.losesAnswers = true
    await t.rejects(grants.refresh(first.refreshToken!, fits), { name: 'StorageUnavailable' })
    fault.losesAnswers = false
    t.not((await recordOf(house, first.grant.id)).refresh!.generation, before.refresh!.generation, 'it was written')

    fault.isAway = true
    house.now += 600
    await t.rejects(grants.refresh(first.refreshToken!, fits), { name: 'StorageUnavailable' })
    fault.isAway = false
    const second = await grants.refresh(first.refreshToken!, fits)
    t.equal(second.retry, undefined)
    t.ok(await grants.verifyAccessToken(second.accessToken))
    house.now += 31
    const third = await grants.refresh(second.refreshToken!, fits)
    await t.rejects(
      grants.refresh(first.refreshToken!, fits),
      reused,
      'once its successor was used, the old one ends the grant'
    )
    t.equal(await grants.verifyAccessToken(third.accessToken), undefined)
  }
)

grantsTest(
  'GR-03: it is taken back without a further request, and is then current on every instance',
  async (t, house) => {
    const { fault, store } = faulty()
    const [one, other] = [house.open({}, store), house.open()]
    const first = await house.connect(one)
    const before = await recordOf(house, first.grant.id)
    fault.losesAnswers = true
    await t.rejects(one.refresh(first.refreshToken!, fits), { name: 'StorageUnavailable' })
    fault.losesAnswers = false
    for (let tries = 0; tries < 200 && (await recordOf(house, first.grant.id)).refresh!.generation > 0; tries++) { await new Promise((resolve) => setTimeout(resolve, 20)) }
    t.same(await recordOf(house, first.grant.id), before)
    house.now += 600
    t.ok(await other.refresh(first.refreshToken!, fits))
  }
)

grantsTest(
  'GR-03: nothing is taken back that somebody got: not after a retry at another instance, not after a revocation',
  async (t, house) => {
    const { fault, store } = faulty()
    const [one, other] = [house.open({}, store), house.open()]
    const first = await house.connect(one)
    fault.losesAnswers = true
    await t.rejects(one.refresh(first.refreshToken!, fits), { name: 'StorageUnavailable' })
    fault.losesAnswers = false
    const retried = await other.refresh(first.refreshToken!, fits)
    t.equal(retried.retry, 'first')
    t.equal(
      (await one.refresh(first.refreshToken!, fits)).refreshToken,
      retried.refreshToken,
      'the same, since it was not taken back'
    )
    t.ok(await one.verifyAccessToken(retried.accessToken))

    const used = await house.connect(one)
    fault.losesAnswers = true
    await t.rejects(one.refresh(used.refreshToken!, fits), { name: 'StorageUnavailable' })
    fault.losesAnswers = false
    await other.refresh((await other.refresh(used.refreshToken!, fits)).refreshToken!, fits)
    await t.rejects(
      one.refresh(used.refreshToken!, fits),
      reused,
      'its successor was used, so it is no lost answer any more'
    )

    const second = await house.connect(one)
    fault.losesAnswers = true
    await t.rejects(one.refresh(second.refreshToken!, fits), { name: 'StorageUnavailable' })
    fault.losesAnswers = false
    await other.revoke(second.grant.id)
    await t.rejects(one.refresh(second.refreshToken!, fits), REFUSED)
    t.equal(await recordOf(house, second.grant.id), undefined, 'what was ended stays ended')
  }
)

grantsTest('GR-03: a code whose tokens reached nobody works once more, within its time', async (t, house) => {
  const { fault, store } = faulty()
  const grants = house.open({}, store)
  const lose = async (code: string) => {
    fault.losesAnswers = true
    await t.rejects(grants.redeem(code, fits, { withRefresh: true }), { name: 'StorageUnavailable' })
    fault.losesAnswers = false
  }
  const code = await grants.issueCode(allowed)
  await lose(code)
  house.now += 40
  const tokens = await grants.redeem(code, fits, { withRefresh: true })
  t.ok(await grants.verifyAccessToken(tokens.accessToken))
  await t.rejects(grants.redeem(code, fits, { withRefresh: true }), reused, 'and once only')

  const late = await grants.issueCode(allowed)
  await lose(late)
  house.now += 61
  await t.rejects(grants.redeem(late, fits, { withRefresh: true }), { ...REFUSED, cause: undefined })
})

grantsTest('GR-03: what was issued, and failed before it was answered, is taken back', async (t, house) => {
  const grants = house.open()
  const first = await house.connect(grants)
  grants.takeBack(await grants.refresh(first.refreshToken!, fits))
  house.now += 600
  const second = await grants.refresh(first.refreshToken!, fits)
  const retried = await grants.refresh(first.refreshToken!, fits)
  grants.takeBack(retried)
  t.equal(
    (await grants.refresh(first.refreshToken!, fits)).retry,
    'again',
    'a retry is not: somebody may have the same'
  )
  t.ok(await grants.refresh(second.refreshToken!, fits))
})

grantsTest('GR-04: retries get the same tokens, are told apart, and write once', async (t, house) => {
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
  'GR-04: a retry with other scopes, or after its access token has expired, gets a token of its own',
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

grantsTest('GR-05: the record of a busy client stays bounded', async (t, house) => {
  const grants = house.open()
  let tokens = await house.connect(grants)
  for (let count = 0; count < 25; count++) tokens = await grants.refresh(tokens.refreshToken!, fits)
  t.equal(Object.keys((await recordOf(house, tokens.grant.id)).accessTokens).length, 20)
  t.ok(await grants.verifyAccessToken(tokens.accessToken), 'the newest is among them')
})

t.test(
  'GR-06: work on one id goes one after the other, work on others does not wait, and one fault of storage is enough for all',
  async (t) => {
    const inTurn = createGrantQueue()
    const order: string[] = []
    const gate = Promise.withResolvers<void>()
    const first = inTurn('a', async () => {
      await gate.promise
      order.push('a1')
    })
    const second = inTurn('a', async () => {
      order.push('a2')
    })
    await inTurn('b', async () => {
      order.push('b')
    })
    gate.resolve()
    await Promise.all([first, second])
    t.same(order, ['b', 'a1', 'a2'])

    let asked = 0
    const away = () =>
      inTurn('a', async () => {
        asked++
        throw new StorageUnavailable('away')
      })
    const results = await Promise.allSettled([away(), away(), away()])
    t.same(
      results.map(({ status }) => status),
      ['rejected', 'rejected', 'rejected']
    )
    t.equal(asked, 1, 'nobody waits for the same timeout again')
    const others = [
      inTurn('a', async () => {
        throw new Error('its own')
      }),
      inTurn('a', async () => 'fine')
    ]
    t.same(
      (await Promise.allSettled(others)).map(({ status }) => status),
      ['rejected', 'fulfilled'],
      'any other error is its own'
    )
  }
)
