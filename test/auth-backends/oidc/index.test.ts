// The OpenID Connect backend with a real provider: what it asks for, and what becomes of the claims.
import t from 'tap'
import { BackendUnavailable } from '../../../auth-backends/contract.ts'
import { freePort } from '../../helpers/ports.ts'
import { backendContract } from '../contract.ts'
import { CALLBACK, providerFor, open, signIn } from './open.ts'

t.test('with a real provider', async (t) => {
  const provider = await providerFor(t)
  await backendContract(t, {
    open: async () => open(provider),
    secrets: [provider.clientSecret],
    throughRedirect: (backend) => signIn(backend),
    unreachable: async () => ({
      backend: open({ ...provider, issuer: `http://localhost:${await freePort()}` }),
      error: BackendUnavailable
    })
  })

  t.test('the request asks for a code with PKCE, state and nonce, and nothing secret', async (t) => {
    const { url, continuation } = await open(provider).redirect!.begin({
      provider: 'oidc',
      callbackUrl: CALLBACK,
      state: 'abc'
    })
    const asked = Object.fromEntries(new URL(url).searchParams)
    t.match(asked, {
      response_type: 'code',
      client_id: provider.clientId,
      redirect_uri: CALLBACK,
      state: 'abc',
      scope: 'openid email profile',
      code_challenge_method: 'S256',
      code_challenge: /^[\w-]{43}$/,
      nonce: /^[\w-]{43}$/
    })
    const { verifier } = JSON.parse(continuation) as { verifier: string }
    t.notOk(url.includes(verifier))
    t.notOk(url.includes(provider.clientSecret))
    t.not(
      (await open(provider).redirect!.begin({ provider: 'oidc', callbackUrl: CALLBACK, state: 'abc' })).url,
      url,
      'no two are alike'
    )
  })

  t.test('claims become the identity, also those the provider tells only at its userinfo endpoint', async (t) => {
    t.match(await signIn(open(provider)), {
      subject: `${provider.issuer} ann`,
      email: 'ann@example.com',
      emailVerified: true,
      name: 'Ann Smith',
      session: String
    })
    t.ok(provider.asked.includes('/me'), 'this provider keeps its ID tokens small')
    provider.people['bob'] = { email: 'bob@example.com' }
    t.match(
      await signIn(open(provider), { name: 'bob', go: 'on' }),
      { email: 'bob@example.com', emailVerified: false },
      'what is not said is not proven'
    )
    t.match(await signIn(open(provider, { OIDC_TRUST_EMAIL: 'on' }), { name: 'bob', go: 'on' }), {
      emailVerified: true
    })
    provider.people['eve'] = { email: 'eve@example.com', xms_edov: '1', name: 'Eve\u202Egnp' }
    const eve = await signIn(open(provider), { name: 'eve', go: 'on' })
    t.match(eve, { emailVerified: true })
    t.notOk(eve && 'name' in eve && eve.name, 'a name that hides something is left out')
    provider.people['odd'] = { email: 'not an address', email_verified: true }
    const odd = await signIn(open(provider), { name: 'odd', go: 'on' })
    t.notOk(odd && 'email' in odd)
  })

  t.test('groups become those of the person; userinfo is asked for them where OIDC_GROUPS_CLAIM is set', async (t) => {
    provider.people['cleo'] = { email: 'cleo@example.com', groups: ['staff', 'crm'] }
    const cleo = { name: 'cleo', go: 'on' }
    const asked = { OIDC_SCOPE: 'openid email groups' }
    t.match(await signIn(open(provider, { ...asked, OIDC_GROUPS_CLAIM: 'groups' }), cleo), { groups: ['staff', 'crm'] })
    t.match(await signIn(open(provider, { ...asked, OIDC_GROUPS_CLAIM: 'roles' }), cleo), { groups: [] })
  })

  t.test('a person who turns back is told so', async (t) => {
    t.match(await signIn(open(provider), { name: 'ann', go: 'back' }), { refused: { key: 'providers.turnedBack' } })
  })

  t.test('domains and groups', async (t) => {
    t.match(await signIn(open(provider, { OIDC_ALLOWED_DOMAINS: 'example.org,Example.com' })), {
      email: 'ann@example.com'
    })
    t.match(await signIn(open(provider, { OIDC_ALLOWED_DOMAINS: 'example.org' })), { refused: { values: { domains: 'example.org' } } })
    provider.people['sub'] = { email: 'x@evil.example.com', email_verified: true }
    t.match(
      await signIn(open(provider, { OIDC_ALLOWED_DOMAINS: 'example.com' }), { name: 'sub', go: 'on' }),
      { refused: { key: 'providers.domains' } },
      'a domain is not its subdomains'
    )
    provider.people['unproven'] = { email: 'ann@example.com', email_verified: false }
    t.match(await signIn(open(provider, { OIDC_ALLOWED_DOMAINS: 'example.com' }), { name: 'unproven', go: 'on' }), {
      refused: { key: 'providers.domains' }
    })
    provider.people['private'] = { email: 'ann@example.com', email_verified: true }
    const groups = { OIDC_SCOPE: 'openid email groups', OIDC_ALLOWED_GROUPS: 'staff, admins' }
    t.match(await signIn(open(provider, groups)), { email: 'ann@example.com' })
    t.match(await signIn(open(provider, groups), { name: 'private', go: 'on' }), { refused: { key: 'providers.noGroup' } })
  })

  t.test('RP-initiated logout carries the ID token as the hint', async (t) => {
    const backend = open(provider)
    const answer = await signIn(backend)
    const url = new URL(
      (await backend.sessions!.logoutUrl!((answer as { session: string }).session, 'http://localhost:8080'))!
    )
    t.equal(url.origin, provider.issuer)
    t.equal(url.searchParams.get('post_logout_redirect_uri'), 'http://localhost:8080')
    t.match(url.searchParams.get('id_token_hint'), /^eyJ/)
    t.equal(url.searchParams.get('client_id'), provider.clientId)
    t.equal(
      url.searchParams.get('logout_uri'), 'http://localhost:8080',
      'by the name that Amazon Cognito knows'
    )
    t.equal((await fetch(url, { redirect: 'manual' })).status, 200, 'the provider knows it')
  })
})
