// The whole OpenID Connect flow, with every response accepted by oauth4webapi.
import * as oauth from 'oauth4webapi'
import { decodeJwt } from 'jose'
import { parseEmail } from '../../auth-backends/contract.ts'
import { Browser } from '../helpers/browser.ts'
import { newClient, post, tokensFor } from '../helpers/oauth.ts'
import { storageTest } from '../helpers/storages.ts'

const CALLBACK = 'https://app.example/callback'
const insecure = { [oauth.allowInsecureRequests]: true }

storageTest('a whole sign-in, with every answer accepted by oauth4webapi', async (t, start) => {
  const server = await start()
  const issuer = new URL(server.url)
  const as = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { algorithm: 'oidc', ...insecure })
  )
  const client = await oauth.processDynamicClientRegistrationResponse(
    await oauth.dynamicClientRegistrationRequest(as, { redirect_uris: [CALLBACK] }, insecure)
  )

  const verifier = oauth.generateRandomCodeVerifier()
  const nonce = oauth.generateRandomNonce()
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: CALLBACK,
    scope: 'openid email profile mcp:read',
    state: 'st',
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256'
  })
  const browser = new Browser()
  const login = await browser.get(`${as.authorization_endpoint}?${query}`)
  const signup = await browser.get(
    new URL(/href="([^"]*\/signup[^"]*)"/.exec(login.text)![1]!.replaceAll('&amp;', '&'), server.url).href
  )
  const consent = await browser.submit(signup, ({ action }) => action === '/signup', {
    email: 'ann@example.com',
    password: 'eleven quiet otters 42',
    name: 'Ann'
  })
  await browser.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), { decision: 'allow' })
  const answer = oauth.validateAuthResponse(as, client, browser.left!, 'st')

  const tokens = await oauth.processAuthorizationCodeResponse(
    as,
    client,
    await oauth.authorizationCodeGrantRequest(as, client, oauth.None(), answer, CALLBACK, verifier, insecure),
    { expectedNonce: nonce, requireIdToken: true }
  )
  const claims = oauth.getValidatedIdTokenClaims(tokens)!
  t.match(claims, {
    iss: server.url,
    aud: client.client_id,
    email: 'ann@example.com',
    email_verified: false,
    name: 'Ann'
  })

  const info = await oauth.processUserInfoResponse(
    as,
    client,
    claims.sub,
    await oauth.userInfoRequest(as, client, tokens.access_token, insecure)
  )
  t.match(info, { sub: claims.sub, email: 'ann@example.com', email_verified: false, name: 'Ann' })

  const refreshed = await oauth.processRefreshTokenResponse(
    as,
    client,
    await oauth.refreshTokenGrantRequest(as, client, oauth.None(), tokens.refresh_token!, insecure)
  )
  t.equal(oauth.getValidatedIdTokenClaims(refreshed)?.sub, claims.sub)

  const { keys } = (await (await fetch(as.jwks_uri!)).json()) as { keys: Array<Record<string, string>> }
  await server.restart()
  t.same(await (await fetch(as.jwks_uri!)).json(), { keys }, 'the key set is the same after a restart')
  t.notOk(
    Object.keys(keys[0]!).some((member) => ['d', 'p', 'q', 'dp', 'dq', 'qi'].includes(member)),
    'and holds nothing private'
  )

  const replay = await oauth
    .processAuthorizationCodeResponse(
      as,
      client,
      await oauth.authorizationCodeGrantRequest(as, client, oauth.None(), answer, CALLBACK, verifier, insecure)
    )
    .catch((error: unknown) => error)
  t.match(replay, { error: 'invalid_grant' }, 'a spent code')
  const revoked = await oauth.userInfoRequest(as, client, refreshed.access_token, insecure)
  t.equal(revoked.status, 401, 'and the replay ended the grant')
})

storageTest('refusals, introspection and revocation are what oauth4webapi expects', async (t, start) => {
  const { url } = await start()
  const issuer = new URL(url)
  const as = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure })
  )
  t.equal(
    (await oauth.processResourceDiscoveryResponse(issuer, await oauth.resourceDiscoveryRequest(issuer, insecure)))
      .authorization_servers?.[0],
    url
  )
  const registered = await oauth.processDynamicClientRegistrationResponse(
    await oauth.dynamicClientRegistrationRequest(
      as,
      { redirect_uris: [CALLBACK], token_endpoint_auth_method: 'client_secret_basic' },
      insecure
    )
  )
  const client = { client_id: registered.client_id }
  const right = oauth.ClientSecretBasic(registered.client_secret as string)
  const wrong = oauth.ClientSecretBasic('wrong')

  const failures: Array<[string, () => Promise<unknown>]> = [
    [
      'invalid_redirect_uri',
      async () =>
        oauth.processDynamicClientRegistrationResponse(
          await oauth.dynamicClientRegistrationRequest(as, { redirect_uris: ['javascript:x'] }, insecure)
        )
    ],
    [
      'invalid_grant',
      async () =>
        oauth.processRefreshTokenResponse(
          as,
          client,
          await oauth.refreshTokenGrantRequest(as, client, right, 'x', insecure)
        )
    ],
    [
      'unsupported_grant_type',
      async () =>
        oauth.processClientCredentialsResponse(
          as,
          client,
          await oauth.clientCredentialsGrantRequest(as, client, right, {}, insecure)
        )
    ],
    [
      'invalid_grant',
      async () =>
        oauth.processRevocationResponse(
          await oauth.revocationRequest(as, client, right, (await grantOfAnother()).access, insecure)
        )
    ]
  ]
  const grantOfAnother = async () => tokensFor(url, await newClient(url))
  for (const [error, attempt] of failures) t.match(await attempt().catch((error: unknown) => error), { error }, error)
  for (const attempt of [
    async () =>
      oauth.processRefreshTokenResponse(
        as,
        client,
        await oauth.refreshTokenGrantRequest(as, client, wrong, 'x', insecure)
      ),
    async () =>
      oauth.processIntrospectionResponse(
        as,
        client,
        await oauth.introspectionRequest(as, client, wrong, 'x', insecure)
      ),
    async () => oauth.processRevocationResponse(await oauth.revocationRequest(as, client, wrong, 'x', insecure))
  ]) { t.match(await attempt().catch((error: unknown) => error), { cause: [{ scheme: 'basic' }], status: 401 }) }

  t.same(
    await oauth.processIntrospectionResponse(
      as,
      client,
      await oauth.introspectionRequest(as, client, right, 'x', insecure)
    ),
    { active: false }
  )
  t.equal(
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, right, 'x', insecure)),
    undefined
  )
})

storageTest('an app is told the present address of its person, and whether it is verified (AC-15)', async (t, start) => {
  const { url, app } = await start()
  const client = await newClient(url)
  const { access, refresh } = await tokensFor(url, client, { scope: 'openid email profile mcp:read' })
  const info = async () =>
    (await (await fetch(`${url}/userinfo`, { headers: { authorization: `Bearer ${access}` } })).json()) as object
  const [user] = await Array.fromAsync(app.signIn.lifecycle.all())
  const { id, identities } = user!
  t.match(await info(), { sub: id, email: undefined })
  const to = parseEmail('new@example.com')
  const from = parseEmail('old@example.com')
  await app.signIn.lifecycle.changeAddress(id, { identity: identities[0]!, from, to, verified: true })
  t.match(await info(), { sub: id, email: to, email_verified: true })
  const { body } = await post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: refresh })
  t.match(decodeJwt(String(body['id_token'])), { sub: id, email: to, email_verified: true })
})
