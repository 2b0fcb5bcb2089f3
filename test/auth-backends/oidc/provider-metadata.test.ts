// What a provider says of itself, and what is made of it: the way of the secret, the issuer, the signing keys.
import { SignJWT } from 'jose'
import t from 'tap'
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
