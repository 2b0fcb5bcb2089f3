// Where a passkey alone is offered and taken. What it leads to is tested in
// test/routes/login/passkey.test.ts.
import t from 'tap'
import { createPasskeySignIn } from '../../../plugins/sign-in/passkey-sign-in.ts'

const LOCAL = { accounts: {} }
const ELSEWHERE = {}

function open (policy: string, takesPasskeys: boolean, backend: object, kind = 'sign-in') {
  let verified = 0
  const secondFactors = {
    policy,
    takesPasskeys,
    verifyPasskey: async () => { verified++ }
  }
  const passkeys = createPasskeySignIn({
    app: { secondFactors, limits: { attempt: async () => {} } },
    backends: new Map([['one', backend]]),
    interactions: { find: async () => ({ browser: {}, intent: { kind } }) }
  } as never)
  const submit = () => passkeys.submit({} as never, {} as never, 'handle', {} as never)
  return { passkeys, submit, verified: () => verified }
}

t.test('it is offered with second factors, at an origin that takes them, for accounts of this server', async (t) => {
  t.equal(open('optional', true, LOCAL).passkeys.isOffered(), true)
  for (const [policy, takes, backend] of [
    ['off', true, LOCAL],
    ['optional', false, LOCAL],
    ['optional', true, ELSEWHERE]
  ] as const) {
    const { passkeys, submit, verified } = open(policy, takes, backend)
    t.equal(passkeys.isOffered(), false)
    await t.rejects(submit(), { code: 'invalid_request' })
    t.equal(verified(), 0, 'not looked at')
  }
})

t.test('it adds no sign-in method', async (t) => {
  const { submit, verified } = open('optional', true, LOCAL, 'link')
  await t.rejects(submit(), { code: 'invalid_request' })
  t.equal(verified(), 0)
})

t.test('the passkey of somebody who is gone, or may not come in, opens nothing', async (t) => {
  const identities = [{ backend: 'one', subject: 's' }]
  const ann = { id: 'ann', identities }
  for (const [user, mayHoldTokens, key] of [
    [undefined, true, 'sign-in.notAllowed'],
    [{ ...ann, locked: true }, true, 'problems.locked'],
    [ann, false, 'sign-in.notAllowed']
  ] as const) {
    const events: unknown[] = []
    const opened = async () => t.fail('it opens something')
    const passkeys = createPasskeySignIn({
      app: {
        secondFactors: {
          policy: 'optional',
          takesPasskeys: true,
          verifyPasskey: async () => 'ann'
        },
        limits: { attempt: async () => {} },
        mail: { isOn: false },
        audit: {
          record: (_request: unknown, event: string) =>
            events.push(event)
        }
      },
      backends: new Map([['one', {
        accounts: {
          findBySubject: async () => ({ verified: true })
        }
      }]]),
      interactions: {
        find: async () => ({
          browser: {},
          intent: { kind: 'visit' }
        })
      },
      users: { find: async () => user, change: opened },
      lifecycle: { mayHoldTokens: async () => mayHoldTokens },
      entry: { enter: opened }
    } as never)
    const result = await passkeys.submit({} as never, {} as never, 'h', {} as never)
    t.match(result, { kind: 'failed', failure: { statusCode: 403, message: { key } } })
    t.same(events, ['sign_in_failed'])
  }
})
