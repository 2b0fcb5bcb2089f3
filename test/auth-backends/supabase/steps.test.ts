// When a session of Supabase says that the person has shown a second factor.
import t from 'tap'
import type { SupabaseAuth } from '../../../auth-backends/supabase/client.ts'
import { createSteps } from '../../../auth-backends/supabase/steps.ts'

const IAT = 1_800_000_000
const ID = '2f9b5a5e-0000-4000-8000-000000000001'

function vouches (claims: object): boolean {
  const said = { sub: ID, iat: IAT, aal: 'aal2', ...claims }
  const body = Buffer.from(JSON.stringify(said)).toString('base64url')
  const tokens = { access: `e30.${body}.AAAA`, refresh: 'r', expiresAt: IAT }
  const { finish } = createSteps({} as SupabaseAuth, () => {})
  const answer = finish({ id: ID }, tokens, true)
  return answer !== null && 'secondFactor' in answer
}

const password = { method: 'password', timestamp: IAT - 10 }
const totp = { method: 'totp', timestamp: IAT - 5 }

t.test('aal2 with a factor that was shown just now is a second factor', async (t) => {
  t.ok(vouches({ amr: [totp, password] }))
})

t.test('another level, an old factor, a first one or another person is none (PV-01)', async (t) => {
  const old = { ...totp, timestamp: IAT - 300 }
  const cases = [
    { amr: [totp], aal: 'aal1' },
    { amr: [totp], aal: undefined },
    { amr: [totp], sub: 'somebody' },
    { amr: [totp], iat: undefined },
    { amr: [old] },
    { amr: [password] },
    { amr: [{ method: 'otp', timestamp: IAT }] },
    { amr: ['totp'] },
    { amr: [null] },
    { amr: 'totp' },
    {}
  ]
  for (const claims of cases) t.notOk(vouches(claims), JSON.stringify(claims))
})
