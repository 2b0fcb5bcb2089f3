// An invitation in each of its states, and whom one with an address is for (threats AC-10, AC-11, AD-04).
import t, { type Test } from 'tap'
import { parseEmail } from '../../../auth-backends/contract.ts'
import { isFor, stateOf, type Invitation } from '../../../plugins/accounts/invitation.ts'
import { createInvitations, type Invitations } from '../../../plugins/accounts/invitations.ts'
import { storageTest } from '../../helpers/storages.ts'

const WEEK = 7 * 86_400

t.test('one with an address is for whoever has proven it, and for nobody who only says so (AD-04)', async (t) => {
  const email = parseEmail('ann@example.com')
  for (const [identity, isTheirs] of [
    [{ email: 'ann@example.com', emailVerified: true }, true],
    [{ email: ' Ann@Example.com', emailVerified: true }, true],
    [{ email: 'ann@example.com', emailVerified: false }, false],
    [{ email: 'ann@example.com' }, false],
    [{ email: 'joann@example.com', emailVerified: true }, false],
    [{ email: 'ann@example.com.evil.example', emailVerified: true }, false],
    [{ emailVerified: true }, false],
    [{}, false]
  ] as const) {
    t.equal(
      isFor({ email }, identity),
      isTheirs,
      JSON.stringify(identity)
    )
    t.equal(
      isFor({}, identity),
      true,
      'without an address it is for anyone'
    )
  }
})

t.test('it is open until the second of its end, unless something ended it before', async (t) => {
  const at = (more: Partial<Invitation>, now = 99) => stateOf({ expiresAt: 100, ...more } as Invitation, now)
  t.same([at({}), at({}, 100), at({}, 101)],
    ['open', 'expired', 'expired'])
  t.same([at({ usedAt: 0 }), at({ withdrawnAt: 0 }), at({ isVoid: true })],
    ['used', 'withdrawn', 'expired'])
  t.same([at({ usedAt: 5, withdrawnAt: 6 }, 200), at({ withdrawnAt: 6 }, 200)],
    ['used', 'withdrawn'])
})

storageTest('what can be done with it in each state (AC-10)', async (t, start) => {
  const clock = { now: 1_800_000_000 }
  const owners = new Set(['operator', 'ann'])
  const { storage } = (await start()).app
  const invitations = createInvitations(storage, () => clock.now, async (by) => owners.has(by))
  t.teardown(() => invitations.close())
  const idOf = (secret: string) => secret.split('.')[0]!
  const states: Record<string, [isValid: boolean, isRenewed: boolean, isWithdrawn: boolean, end: (secret: string) => unknown]> = {
    open: [true, true, true, () => {}],
    used: [false, false, false, (secret) => invitations.take(secret)],
    withdrawn: [false, false, false, (secret) => invitations.withdraw(idOf(secret))],
    expired: [false, true, false, () => { clock.now += WEEK }],
    'of somebody who is no owner now': [false, true, true, () => owners.delete('ann')]
  }
  const ways: Record<string, (secret: string, all: typeof states[string]) => Promise<[unknown, unknown]>> = {
    isValid: async (secret, [isValid]) => [await invitations.isValid(secret), isValid],
    take: async (secret, [isValid]) => [(await invitations.take(secret)) !== undefined, isValid],
    async renew (secret, [, isRenewed]) {
      const next = await invitations.renew(idOf(secret), 'operator')
      if (next !== undefined) {
        t.same([await invitations.isValid(next), await invitations.isValid(secret)],
          [true, false], 'the link before is void')
      }
      return [next !== undefined, isRenewed]
    },
    withdraw: async (secret, [,, isWithdrawn]) => [(await invitations.withdraw(idOf(secret))) !== undefined, isWithdrawn],
    /** What a new person was promised counts as long as who promised it may. */
    async findHeld (secret) {
      await invitations.hold('service', 'bob@example.com', { id: idOf(secret), by: 'ann', groups: ['finance'] })
      return [(await invitations.findHeld('service', 'bob@example.com')) !== 'void', owners.has('ann')]
    }
  }
  for (const [state, all] of Object.entries(states)) {
    for (const [way, work] of Object.entries(ways)) {
      owners.add('ann')
      const secret = await invitations.invite({ by: 'ann' })
      await all[3](secret)
      const [found, wanted] = await work(secret, all)
      t.equal(found, wanted, `${state}: ${way}`)
    }
  }
  owners.add('ann')
  await givenBackOnce(t, invitations)
})

/** Who comes late must not open what somebody else has used since. */
async function givenBackOnce (t: Test, invitations: Invitations): Promise<void> {
  const first = await invitations.invite()
  const taken = (await invitations.take(first))!
  await taken.giveBack()
  const second = (await invitations.renew(first.split('.')[0]!, 'operator'))!
  await invitations.take(second)
  await taken.giveBack()
  t.equal(await invitations.isValid(second), false)
}
