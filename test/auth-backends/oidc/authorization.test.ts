// What a sign-in asks each provider for.
import t from 'tap'
import { authorizationParameters } from '../../../auth-backends/oidc/authorization.ts'
import { env } from '../../../auth-backends/oidc/settings.ts'

const GOOGLE = 'https://accounts.google.com'
const MICROSOFT = 'https://login.microsoftonline.com/2f9b5a5e-0000-4000-8000-000000000001/v2.0'
const APPLE = 'https://appleid.apple.com'
const OTHER = 'https://sso.example.com'

type Asked = Parameters<typeof authorizationParameters>[1]

const settings = (issuer: string, more: Record<string, string> = {}) =>
  env.parse({ OIDC_ISSUER: issuer, OIDC_CLIENT_ID: 'x', OIDC_CLIENT_SECRET: 'y', OIDC_ALLOWED_DOMAINS: '*', ...more })
const of = (issuer: string, asked: Asked = {}, scope?: string, prompts?: string[]) =>
  authorizationParameters(settings(issuer, scope === undefined ? {} : { OIDC_SCOPE: scope }), asked, prompts)

t.test('offline access is asked for as each provider wants it', async (t) => {
  t.same(of(OTHER), { scope: 'openid email profile' })
  t.same(of(OTHER, {}, 'openid offline_access'), { scope: 'openid offline_access', prompt: 'consent' })
  t.same(of(GOOGLE, {}, 'openid email offline_access'), { scope: 'openid email', prompt: 'consent', access_type: 'offline' })
  t.same(
    of(MICROSOFT, {}, 'openid offline_access'), { scope: 'openid offline_access' },
    'what an administrator allowed stays allowed'
  )
})

t.test('a person signs in again, or chooses the account, in the words of each provider', async (t) => {
  const again = { again: true } as const
  const chooseAccount = { chooseAccount: true } as const
  t.match(of(OTHER, again), { prompt: 'login', max_age: '0' })
  t.match(of(MICROSOFT, again), { prompt: 'login', max_age: '0' })
  t.match(of(GOOGLE, again), { prompt: 'select_account', max_age: '0', claims: /"auth_time":\{"essential":true\}/ })
  t.notOk('max_age' in of(OTHER, chooseAccount))
  t.equal(of(OTHER, chooseAccount)['prompt'], 'login')
  t.equal(
    of(OTHER, chooseAccount, undefined, ['none', 'select_account'])['prompt'],
    'select_account'
  )
  for (const issuer of [GOOGLE, MICROSOFT]) t.equal(of(issuer, chooseAccount)['prompt'], 'select_account')
  t.equal(
    of(OTHER, { ...again, ...chooseAccount }, undefined, ['select_account'])['prompt'],
    'login'
  )
  t.equal(of(GOOGLE, again, 'openid offline_access')['prompt'], 'select_account consent')
})

t.test('Apple gets the scopes that it knows and answers by a form, and nothing that it does not know', async (t) => {
  t.same(of(APPLE, { again: true, chooseAccount: true }), { scope: 'openid email name', response_mode: 'form_post' })
  t.same(of(APPLE, {}, 'openid groups offline_access'), { scope: 'openid' })
})

t.test('the language of the person, whom the app expects and a second factor are passed on', async (t) => {
  t.match(of(OTHER, { language: 'de', loginHint: 'ann@example.com' }), { ui_locales: 'de', login_hint: 'ann@example.com' })
  t.match(of(GOOGLE, { language: 'pt' }), { ui_locales: 'pt-BR', hl: 'pt-BR' })
  t.equal(of(OTHER, { language: 'zh' })['ui_locales'], 'zh-CN')
  t.notOk(
    'acr_values' in of(OTHER, { secondFactor: true }),
    'which values mean one, only the operator knows'
  )
  const known = settings(OTHER, { OIDC_MFA_ACR: 'gold, urn:example:mfa' })
  t.equal(
    authorizationParameters(known, { secondFactor: true })['acr_values'],
    'gold urn:example:mfa'
  )
  t.notOk('acr_values' in authorizationParameters(known, {}))
})
