// Which sign-ins count as a second factor that a provider vouches for.
import t from 'tap'
import { vouchesForSecondFactor } from '../../../auth-backends/oidc/second-factor.ts'
import { env } from '../../../auth-backends/oidc/settings.ts'

const IAT = 1_800_000_000
const settings = (more: Record<string, string> = {}) =>
  env.parse({ OIDC_ISSUER: 'https://sso.example.com', OIDC_CLIENT_ID: 'x', ...more })
const vouches = (claims: object, more?: Record<string, string>) =>
  vouchesForSecondFactor({ iat: IAT, auth_time: IAT - 10, ...claims }, settings(more))

t.test('mfa, or methods of two kinds, shown just now, are a second factor', async (t) => {
  for (const amr of [
    ['mfa'],
    ['pwd', 'mfa'],
    ['pwd', 'otp'],
    ['swk', 'pin'],
    ['hwk', 'fpt'],
    ['pwd', 'sms'],
    ['x', 'pwd', 'face']
  ]) {
    t.ok(vouches({ amr }), amr.join(' '))
  }
})

t.test('one method, two of one kind, or what is no list of methods is none (PV-01)', async (t) => {
  const refused = [
    [],
    ['pwd'],
    ['hwk'],
    ['pwd', 'pin'],
    ['otp', 'sms'],
    ['pwd', 'pwd'],
    ['pwd', 'kba'],
    ['pwd', 'user'],
    ['pwd', 'geo'],
    ['pwd', 'mca'],
    ['pwd', 'MFA'],
    ['pwd', 'constructor'],
    ['mfa '],
    [['mfa']],
    [{ mfa: true }],
    [null, 1],
    'mfa',
    'pwd mfa',
    { mfa: true },
    null,
    true
  ]
  for (const amr of refused) t.notOk(vouches({ amr }), JSON.stringify(amr))
  t.notOk(vouches({}))
})

t.test('what was shown earlier, or nobody knows when, is none (PV-01)', async (t) => {
  const amr = ['pwd', 'mfa']
  t.ok(vouches({ amr, auth_time: IAT - 299 }))
  for (const time of [IAT - 300, IAT - 86_400, 0, undefined, null, String(IAT), NaN]) {
    t.notOk(vouches({ amr, auth_time: time }), String(time))
  }
  t.notOk(vouches({ amr, iat: undefined }))
})

t.test('acr counts where the operator has named its value, exactly (PV-01)', async (t) => {
  const named = { OIDC_MFA_ACR: 'gold, urn:example:mfa' }
  t.ok(vouches({ acr: 'gold' }, named))
  t.ok(vouches({ acr: 'urn:example:mfa' }, named))
  t.ok(vouches({ acr: 'silver', amr: ['mfa'] }, named))
  for (const acr of ['silver', 'Gold', 'gold ', ['gold'], 1, '', undefined]) t.notOk(vouches({ acr }, named), JSON.stringify(acr))
  t.notOk(vouches({ acr: 'gold' }))
  t.notOk(vouches({ acr: 'gold', auth_time: IAT - 3_600 }, named))
})
