// Storage that does not say whether it wrote: what was issued without a response is undone, and nothing else is (threat
// GR-03).
import type { Grant } from '../../../../plugins/oauth/grants/contract.ts'
import { StorageUnavailable, type Collection } from '../../../../plugins/storage/contract.ts'
import { allowed, fits, grantsTest, REFUSED, type GrantHouse } from '../../../helpers/grants.ts'

const reused = { ...REFUSED, cause: { message: 'used before' } }
const recordOf = async ({ storage }: GrantHouse, id: string): Promise<Grant> =>
  (await storage.collection<Grant>('grant').find(id))!

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
  'a refresh that was written and never answered is taken back, however long storage is away (GR-03)',
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
  'it is taken back without a further request, and is then current on every instance (GR-03)',
  async (t, house) => {
    const { fault, store } = faulty()
    const [one, other] = [house.open({}, store), house.open()]
    const first = await house.connect(one)
    const before = await recordOf(house, first.grant.id)
    fault.losesAnswers = true
    await t.rejects(one.refresh(first.refreshToken!, fits), { name: 'StorageUnavailable' })
    fault.losesAnswers = false
    for (let tries = 0; tries < 200; tries++) {
      if ((await recordOf(house, first.grant.id)).refresh!.generation === 0) break
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    t.same(await recordOf(house, first.grant.id), before)
    house.now += 600
    t.ok(await other.refresh(first.refreshToken!, fits))
  }
)

grantsTest(
  'nothing is taken back that somebody got: not after a retry at another instance, not after a revocation (GR-03)',
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

grantsTest('a code whose tokens reached nobody works once more, within its time (GR-03)', async (t, house) => {
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

grantsTest('what was issued, and failed before it was answered, is taken back (GR-03)', async (t, house) => {
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
