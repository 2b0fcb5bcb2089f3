// The variables of the OpenID Connect backend: each mistake is answered
// with what to write instead (threat WB-18), and
// OIDC_ALLOWED_DOMAINS and OIDC_ALLOWED_GROUPS let in nobody else.
import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { readGroups } from '../../../auth-backends/oidc/groups.ts'
import oidc, { openOidc } from '../../../auth-backends/oidc/index.ts'
import { restriction } from '../../../auth-backends/oidc/restriction.ts'
import { addressOf, env as oidcEnv, isDiscoveryUrl, issuerOf } from '../../../auth-backends/oidc/settings.ts'

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
    t.match(
      problems({ ...id, OIDC_ISSUER: issuer }),
      [/^OIDC_ALLOWED_DOMAINS: everybody can have an account at/]
    )
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
})

t.test('the button has the title, else the name of a well-known provider, else the host; and the mark', async (t) => {
  const button = (env: Record<string, string>) => {
    const { title, redirect } = openOidc(oidc.env.parse({ OIDC_CLIENT_ID: 'x', ...env }))
    const [{ label, mark } = {}] = redirect!.providers
    t.same(label, { key: 'providers.continueWith', values: { provider: title } })
    return [title, mark]
  }
  t.same(button({ OIDC_ISSUER: 'https://idp.example', OIDC_TITLE: 'Example' }), ['Example', undefined])
  t.same(button({ OIDC_ISSUER: 'https://idp.example' }), ['idp.example', undefined])
  const google = { OIDC_ISSUER: 'https://accounts.google.com', OIDC_ALLOWED_DOMAINS: '*' }
  t.same(button(google), ['Google', 'google'])
  t.same(button({ ...google, OIDC_TITLE: 'Acme' }), ['Acme', 'google'])
  const tenant = 'https://login.microsoftonline.com/2f9b5a5e-0000-4000-8000-000000000001/v2.0'
  t.same(button({ OIDC_ISSUER: `${tenant}/.well-known/openid-configuration` }), ['Microsoft', 'microsoft'])
})

t.test('an issuer stays as it is, and is recognized by the address of its document, too', async (t) => {
  const issuer = 'https://sso.example/application/o/app/'
  t.equal(
    oidc.env.parse({ OIDC_CLIENT_ID: 'x', OIDC_ISSUER: issuer }).OIDC_ISSUER, issuer,
    'with its slash (authentik)'
  )
  t.notOk(isDiscoveryUrl(issuer))
  t.ok(isDiscoveryUrl(`${issuer}.well-known/openid-configuration`))
  t.equal(
    issuerOf('https://sso.example/realms/a/.well-known/openid-configuration'),
    'https://sso.example/realms/a'
  )
  t.equal(issuerOf(issuer), issuer)
})

t.test('OIDC_ALLOWED_DOMAINS and OIDC_ALLOWED_GROUPS', async (t) => {
  const ann = { email: 'ann@example.com', email_verified: true, groups: ['staff'] }
  for (const [name, claims, env, may] of [
    ['of the domain', ann, { OIDC_ALLOWED_DOMAINS: 'example.com' }, true],
    [
      'an account of another organisation with an address of this one',
      { ...ann, hd: 'other.example' },
      { OIDC_ALLOWED_DOMAINS: 'example.com' },
      false
    ],
    ['of this organisation', { ...ann, hd: 'Example.com' }, { OIDC_ALLOWED_DOMAINS: 'example.com' }, true],
    [
      'of this organisation, with another address',
      { ...ann, email: 'ann@gmail.com', hd: 'example.com' },
      { OIDC_ALLOWED_DOMAINS: 'example.com' },
      false
    ],
    [
      'an address nobody vouches for',
      { ...ann, email_verified: false },
      { OIDC_ALLOWED_DOMAINS: 'example.com' },
      false
    ],
    [
      'one that is said in words to be confirmed',
      { ...ann, email_verified: 'true' },
      { OIDC_ALLOWED_DOMAINS: 'example.com' },
      true
    ],
    [
      'one that is said in words not to be',
      { ...ann, email_verified: 'false' },
      { OIDC_ALLOWED_DOMAINS: 'example.com' },
      false
    ],
    ['one of which nothing is said', { email: 'ann@example.com' }, { OIDC_ALLOWED_DOMAINS: 'example.com' }, false],
    ['a subdomain', { ...ann, email: 'ann@x.example.com' }, { OIDC_ALLOWED_DOMAINS: 'example.com' }, false],
    ['a longer domain', { ...ann, email: 'ann@evilexample.com' }, { OIDC_ALLOWED_DOMAINS: 'example.com' }, false],
    ['no address', { groups: ['staff'] }, { OIDC_ALLOWED_DOMAINS: 'example.com' }, false],
    ['in the group', ann, { OIDC_ALLOWED_GROUPS: 'admins,staff' }, true],
    ['in none', { ...ann, groups: [] }, { OIDC_ALLOWED_GROUPS: 'staff' }, false],
    [
      'in one that is called nearly so',
      { ...ann, groups: ['staff2', 'Staff'] },
      { OIDC_ALLOWED_GROUPS: 'staff' },
      false
    ],
    ['groups that are not told', { ...ann, groups: undefined }, { OIDC_ALLOWED_GROUPS: 'staff' }, false],
    [
      'the domain, but not the group',
      { ...ann, groups: ['guests'] },
      { OIDC_ALLOWED_DOMAINS: 'example.com', OIDC_ALLOWED_GROUPS: 'staff' },
      false
    ],
    [
      'the group, but not the domain',
      { ...ann, email: 'ann@other.example' },
      { OIDC_ALLOWED_DOMAINS: 'example.com', OIDC_ALLOWED_GROUPS: 'staff' },
      false
    ]
  ] as const) {
    const settings = oidcEnv.parse({ OIDC_ISSUER: 'https://sso.example.com', OIDC_CLIENT_ID: 'x', ...env })
    t.equal(restriction(claims, settings) === undefined, may, name)
  }
})

const TENANT = 'https://login.microsoftonline.com/2f9b5a5e-0000-4000-8000-000000000001/v2.0'

t.test('what anybody at Microsoft could say of themselves is not believed, and settings that would are refused (PV-02)', async (t) => {
  const id = { OIDC_CLIENT_ID: 'x', OIDC_ALLOWED_DOMAINS: '*' }
  const problems = (variables: object) => (oidc.env.safeParse(variables).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)
  const wrong = { OIDC_TRUST_EMAIL: 'on', OIDC_ALLOWED_GROUPS: 'staff', OIDC_GROUPS_CLAIM: 'roles' }
  for (const tenant of ['common', 'organizations', 'consumers']) {
    const issuer = { ...id, OIDC_ISSUER: `https://login.microsoftonline.com/${tenant}/v2.0` }
    t.same(problems(issuer), [])
    for (const [name, value] of Object.entries(wrong)) {
      t.match(
        problems({ ...issuer, [name]: value }),
        [new RegExp(`^${name}: with common, .*the id of your own tenant`)],
        `${tenant} ${name}`
      )
    }
    const settings = oidc.env.parse(issuer)
    const claims = { email: 'boss@example.com', email_verified: true, groups: ['staff'] }
    t.equal(addressOf(claims, settings).emailVerified, false)
    t.equal(addressOf({ ...claims, xms_edov: true }, settings).emailVerified, true)
    t.same(
      readGroups({ ...claims, hasgroups: true }, settings),
      { claim: undefined, groups: [], isOverage: false }
    )
  }
  const own = oidc.env.parse({ ...id, OIDC_ISSUER: TENANT, ...wrong })
  t.same(readGroups({ roles: ['staff'] }, own).groups, ['staff'])
})

t.test('Apple needs a key, its id and the team, or a secret that somebody signed (WB-18)', async (t) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = String(privateKey.export({ format: 'pem', type: 'pkcs8' }))
  const all = { OIDC_APPLE_TEAM_ID: 'TEAM123456', OIDC_APPLE_KEY_ID: 'KEY1234567', OIDC_APPLE_KEY: key }
  const problems = (variables: object, issuer = 'https://appleid.apple.com') =>
    (oidc.env.safeParse({ OIDC_ISSUER: issuer, OIDC_CLIENT_ID: 'x', OIDC_ALLOWED_DOMAINS: '*', ...variables }).error?.issues ?? [])
      .map(({ path }) => path.join('.'))
      .sort()
  t.same(problems(all), [])
  t.same(problems({ OIDC_CLIENT_SECRET: 'a signed one' }), [])
  t.same(problems({}), Object.keys(all).sort())
  t.same(problems({ ...all, OIDC_APPLE_KEY_ID: undefined, OIDC_CLIENT_SECRET: 'x' }), ['OIDC_APPLE_KEY_ID'])
  t.same(problems({ ...all, OIDC_APPLE_KEY: 'AuthKey_KEY1234567.p8' }), ['OIDC_APPLE_KEY'])
  t.same(problems({ ...all, OIDC_APPLE_TEAM_ID: 'my team' }), ['OIDC_APPLE_TEAM_ID'])
  t.same(problems(all, TENANT), Object.keys(all).sort(), 'for Apple only')
})

t.test('an issuer is an https address and nothing beside it, or http on this computer (WB-18)', async (t) => {
  const isTaken = (issuer: string) =>
    !oidc.env.safeParse({ OIDC_CLIENT_ID: 'x', OIDC_ISSUER: issuer }).error?.issues.some(({ path }) => path[0] === 'OIDC_ISSUER')
  for (const issuer of ['https://idp.example', 'https://idp.example:8443/realms/a/', 'http://localhost:9000', 'http://127.0.0.1:9000/x', 'http://[::1]:9000', ' https://idp.example ']) {
    t.ok(isTaken(issuer), issuer)
  }
  for (const issuer of [
    'https://user@idp.example', 'https://user:secret@idp.example', 'https://idp.example?tenant=a', 'https://idp.example#a', 'http://idp.example',
    'http://localhost.evil.example', 'http://127.0.0.2.evil.example', 'ftp://localhost', 'idp.example', 'https://', ''
  ]) t.notOk(isTaken(issuer), issuer)
})
