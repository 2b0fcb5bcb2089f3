// What a provider says of itself, and what is made of it: the way of the secret, the issuer, the signing keys.
import { SignJWT } from 'jose'
import t from 'tap'
import { openOidc } from '../../../auth-backends/oidc/index.ts'
import { env } from '../../../auth-backends/oidc/settings.ts'
import { standInFor } from '../../helpers/stand-in-provider.ts'
import { at } from './at.ts'
import { CALLBACK, goThrough, open, providerFor, signIn } from './open.ts'

t.test('the secret goes by Basic unless the operator or the provider knows only another way (OpenID Connect Core §9)', async (t) => {
  const provider = await providerFor(t)
  const usedWith = async (more: Record<string, string>, offered?: string[]) => {
    let used = ''
    const document = await (await fetch(`${provider.issuer}/.well-known/openid-configuration`)).json() as object
    const answer = { ...document, token_endpoint_auth_methods_supported: offered }
    provider.instead.set('/.well-known/openid-configuration', (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
    provider.instead.set('/token', (request, response) => {
      used = request.headers.authorization?.startsWith('Basic ') ? 'client_secret_basic' : 'client_secret_post'
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"invalid_client"}')
    })
    const error = await signIn(open(provider, more)).catch((error: unknown) => error)
    t.match(error, { reason: 'refused', message: /OIDC_TOKEN_AUTH/ })
    provider.instead.clear()
    return used
  }
  const both = ['client_secret_post', 'client_secret_basic', 'private_key_jwt']
  t.equal(await usedWith({}, both), 'client_secret_basic', 'what the provider can is not what this client is registered for')
  t.equal(await usedWith({}), 'client_secret_basic')
  t.equal(await usedWith({}, ['client_secret_post']), 'client_secret_post')
  t.equal(await usedWith({ OIDC_TOKEN_AUTH: 'client_secret_post' }, both), 'client_secret_post')
})

t.test('the address of the discovery document leads to the issuer that the document names (Discovery §4.1, §4.3)', async (t) => {
  const provider = await providerFor(t)
  const serve = (path: string, issuer: string) =>
    provider.instead.set(`${path}/.well-known/openid-configuration`, (_request, response) => {
      const endpoints = { authorization_endpoint: `${provider.issuer}/auth`, token_endpoint: `${provider.issuer}/token` }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ issuer, ...endpoints }))
    })
  const begin = (issuer: string) =>
    open({ ...provider, issuer })
      .redirect!.begin({ provider: 'oidc', callbackUrl: CALLBACK, state: 's' })
      .then(() => 'begun', (error: Error) => error.message)
  const path = '/application/o/app'
  const own = provider.issuer + path
  serve(path, `${own}/`)
  t.equal(await begin(`${own}/.well-known/openid-configuration`), 'begun', 'its slash is kept (authentik)')
  t.equal(await begin(`${own}/`), 'begun')
  t.match(await begin(own), `calls itself ${own}/, and OIDC_ISSUER is ${own}; if that is the right provider, set OIDC_ISSUER=${own}/`)
  serve(path, 'https://evil.example/')
  t.match(await begin(`${own}/.well-known/openid-configuration`), /calls itself https:\/\/evil\.example\//, 'of another address')
})

t.test('a provider that lists HS256, without any key, is told to choose a signing key', async (t) => {
  const provider = await providerFor(t)
  const url = `${provider.issuer}/.well-known/openid-configuration`
  const document = (await (await fetch(url)).json()) as object
  provider.instead.set('/.well-known/openid-configuration', (_request, response) => {
    const lists = { ...document, id_token_signing_alg_values_supported: ['HS256'] }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(lists))
  })
  const backend = open(provider)
  const { url: page, continuation } = await backend.redirect!.begin({ provider: 'oidc', callbackUrl: CALLBACK, state: 's' })
  const { nonce } = JSON.parse(continuation) as { nonce: string }
  const token = await new SignJWT({ sub: 'ann', nonce })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(provider.issuer).setAudience(provider.clientId).setIssuedAt().setExpirationTime('5m')
    .sign(new TextEncoder().encode(provider.clientSecret))
  provider.instead.set('/token', (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ access_token: 'x', token_type: 'Bearer', id_token: token }))
  })
  const back = await goThrough(page, { name: 'ann', go: 'on' })
  await t.rejects(backend.redirect!.finish({ url: back, state: 's', continuation }), { message: /signs with HS256/ })
})

const SSO = 'https://sso.example'
const person = { sub: 'ann', email: 'ann@example.com', email_verified: true }

t.test('a provider that publishes no keys signs nobody in, and the operator reads why', async (t) => {
  const { signIn } = await at(t, SSO, {}, { jwks_uri: undefined })
  t.match(await signIn(person), {
    name: 'BackendUnavailable',
    reason: 'unreadable',
    message: /no keys \(jwks_uri\)/
  })
})

t.test('a name for a person that is too long is refused, not cut', async (t) => {
  const { signIn } = await at(t, SSO)
  const named = (length: number) => signIn({ ...person, sub: 'x'.repeat(length) })
  t.match(await named(255), { subject: `${SSO} ${'x'.repeat(255)}` })
  t.same(await named(256), { refused: { key: 'providers.longId' } })
})

const variables = {
  OIDC_ISSUER: SSO,
  OIDC_CLIENT_ID: 'x',
  OIDC_ALLOWED_DOMAINS: '*'
}
const begin = { provider: 'oidc', callbackUrl: CALLBACK, state: 's' }

t.test('people choose their account where the provider lists that it lets them', async (t) => {
  const promptWith = async (prompts: unknown) => {
    let found = ''
    await t.test(String(prompts), async (t) => {
      standInFor(t, SSO, { prompt_values_supported: prompts })
      const { redirect } = openOidc(env.parse(variables))
      const { url } = await redirect!.begin({ ...begin, chooseAccount: true })
      found = new URL(url).searchParams.get('prompt') ?? ''
    })
    return found
  }
  t.match(await promptWith(['login', 7, 'select_account']), /select_account/)
  for (const none of [['login'], 'select_account', undefined]) {
    t.notMatch(await promptWith(none), /select_account/)
  }
})

t.test('who is in more groups than Entra names comes in, and the operator reads of it', async (t) => {
  const standIn = standInFor(t, SSO)
  const lines: string[] = []
  const log = { info () {}, warn: (line: string) => { lines.push(line) } }
  const { redirect } = openOidc(env.parse(variables), 1, { log })
  const enter = async (claims: object) => {
    const { url, continuation } = await redirect!.begin(begin)
    standIn.nonce = new URL(url).searchParams.get('nonce')!
    standIn.claims = { aud: 'x', ...person, ...claims }
    const back = new URL(`${CALLBACK}?code=c&state=s`)
    return redirect!.finish({ url: back, state: 's', continuation })
  }
  t.match(await enter({ groups: ['staff'] }), { groups: ['staff'] })
  t.same(lines, [])
  t.match(await enter({ hasgroups: true }), { groups: [] })
  t.equal(lines.length, 1)
  t.match(lines[0], /sso\.example: a person's groups are not known/)
  t.notMatch(lines[0], /ann/)
  const [form] = standIn.forms
  t.match(
    Object.fromEntries(form!),
    { client_id: 'x', client_secret: undefined },
    'without a secret none is sent'
  )
})
