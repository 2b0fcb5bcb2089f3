// The variables of the OpenID Connect backend: each mistake is answered with what to write instead (threat WB-18).
import t from 'tap'
import oidc, { openOidc } from '../../../auth-backends/oidc/index.ts'
import { isDiscoveryUrl, issuerOf } from '../../../auth-backends/oidc/settings.ts'

t.test('the settings say what to write instead (WB-18)', async (t) => {
  const problems = (variables: object) =>
    (oidc.env.safeParse(variables).error?.issues ?? [])
      .map((issue) => `${issue.path.join('.')}: ${issue.message}`)
      .sort()
  t.match(problems({}), [/^OIDC_CLIENT_ID: write the client id/, /^OIDC_ISSUER: write the issuer/])
  const id = { OIDC_CLIENT_ID: 'x' }
  t.match(problems({ ...id, OIDC_ISSUER: 'http://provider.example' }), [/must be https/])
  t.match(problems({ ...id, OIDC_ISSUER: 'accounts.google.com' }), [/^OIDC_ISSUER: write the issuer/])
  for (const issuer of ['https://accounts.google.com', 'https://login.microsoftonline.com/common/v2.0']) {
    t.match(problems({ ...id, OIDC_ISSUER: issuer }), [/^OIDC_ALLOWED_DOMAINS: everybody can have an account at/])
    t.same(problems({ ...id, OIDC_ISSUER: issuer, OIDC_ALLOWED_DOMAINS: '*' }), [])
  }
  t.match(problems({ ...id, OIDC_ISSUER: 'https://idp.example', OIDC_SCOPE: 'email' }), [
    /^OIDC_SCOPE: must contain openid/
  ])
  t.match(problems({ ...id, OIDC_ISSUER: 'https://idp.example', OIDC_ALLOWED_DOMAINS: 'https://a.b' }), [
    /^OIDC_ALLOWED_DOMAINS: write domains/
  ])
  t.match(problems({ ...id, OIDC_ISSUER: 'https://idp.example', OIDC_TOKEN_AUTH: 'basic' }), [
    /^OIDC_TOKEN_AUTH: write client_secret_basic or client_secret_post/
  ])
  t.match(
    problems({ ...id, OIDC_ISSUER: 'https://accounts.google.com/.well-known/openid-configuration' }),
    [/^OIDC_ALLOWED_DOMAINS: everybody/],
    'also by the address of its document'
  )
  const { title } = openOidc(oidc.env.parse({ ...id, OIDC_ISSUER: 'https://idp.example', OIDC_TITLE: 'Example' }))
  t.equal(title, 'Example')
})

t.test('an issuer stays as it is, and is recognized by the address of its document, too', async (t) => {
  const issuer = 'https://sso.example/application/o/app/'
  t.equal(oidc.env.parse({ OIDC_CLIENT_ID: 'x', OIDC_ISSUER: issuer }).OIDC_ISSUER, issuer, 'with its slash (authentik)')
  t.notOk(isDiscoveryUrl(issuer))
  t.ok(isDiscoveryUrl(`${issuer}.well-known/openid-configuration`))
  t.equal(issuerOf('https://sso.example/realms/a/.well-known/openid-configuration'), 'https://sso.example/realms/a')
  t.equal(issuerOf(issuer), issuer)
})
