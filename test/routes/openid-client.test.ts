// The whole life of a connection through openid-client, with each way a client can prove itself: code with PKCE,
// refresh, introspection, revocation.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import * as openid from 'openid-client'
import type { Test } from 'tap'
import { Browser } from '../helpers/browser.ts'
import { CALLBACK, newClient } from '../helpers/oauth.ts'
import { storageTest } from '../helpers/storages.ts'

/** A client that is known by the document at its id, and signs assertions. */
async function hostDocument (t: Test) {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }
  const host = createServer((_request, response) => {
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(
        JSON.stringify({
          client_id: id,
          client_name: 'Signs',
          redirect_uris: [CALLBACK],
          grant_types: ['authorization_code', 'refresh_token'],
          token_endpoint_auth_method: 'private_key_jwt',
          jwks: { keys: [jwk] }
        })
      )
  })
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    host.closeAllConnections()
    host.close()
  })
  const authority = `127.0.0.1:${(host.address() as AddressInfo).port}`
  const id = `http://${authority}/client.json`
  return { id, authority, auth: openid.PrivateKeyJwt({ key: privateKey, kid: 'one' }) }
}

async function live (t: Test, url: string, clientId: string, auth: openid.ClientAuth, mayIntrospect: boolean) {
  const config = await openid.discovery(new URL(url), clientId, undefined, auth, {
    execute: [openid.allowInsecureRequests]
  })
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()]
  const browser = new Browser()
  const login = await browser.get(
    openid.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: 'openid profile mcp:read offline_access',
      state: expectedState,
      nonce: expectedNonce,
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256'
    }).href
  )
  const consent = await browser.submit(login, ({ fields }) => fields['backend'] === 'demo')
  await browser.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), { decision: 'allow' })

  const tokens = await openid.authorizationCodeGrant(config, browser.left!, {
    pkceCodeVerifier,
    expectedState,
    expectedNonce,
    idTokenExpected: true
  })
  const sub = tokens.claims()!.sub
  t.match(await openid.fetchUserInfo(config, tokens.access_token, sub), { sub, name: /^Demo user/ })
  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token!)
  t.not(refreshed.refresh_token, tokens.refresh_token)
  if (mayIntrospect) {
    t.match(await openid.tokenIntrospection(config, refreshed.access_token), { active: true, sub, client_id: clientId })
    t.match(await openid.tokenIntrospection(config, refreshed.refresh_token!), { active: true })
    t.same(await openid.tokenIntrospection(config, tokens.refresh_token!), { active: false }, 'rotated')
  } else {
    t.match(
      await openid.tokenIntrospection(config, refreshed.access_token).catch((error: unknown) => error),
      { status: 401 },
      'a name alone proves nothing'
    )
  }
  await openid.tokenRevocation(config, refreshed.refresh_token!)
  t.match(await openid.refreshTokenGrant(config, refreshed.refresh_token!).catch((error: unknown) => error), {
    error: 'invalid_grant'
  })
  await t.rejects(openid.fetchUserInfo(config, refreshed.access_token, sub))
}

storageTest(
  'openid-client with none, client_secret_post, client_secret_basic and private_key_jwt',
  async (t, start) => {
    const document = await hostDocument(t)
    const { url } = await start({ env: { CLIENT_METADATA_INSECURE_HOSTS: document.authority } })
    await t.test('none', async (t) => live(t, url, (await newClient(url)).client_id, openid.None(), false))
    for (const [method, make] of [
      ['client_secret_post', openid.ClientSecretPost],
      ['client_secret_basic', openid.ClientSecretBasic]
    ] as const) {
      await t.test(method, async (t) => {
        const client = await newClient(url, { token_endpoint_auth_method: method })
        await live(t, url, client.client_id, make(client.client_secret!), true)
      })
    }
    await t.test('private_key_jwt', (t) => live(t, url, document.id, document.auth, true))
  }
)
