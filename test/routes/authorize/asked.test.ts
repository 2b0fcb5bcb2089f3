// What an app asks about the sign-in itself: prompt, acr_values, login_hint and id_token_hint.
import { decodeJwt } from 'jose'
import t, { type Test } from 'tap'
import { authorizeUrl, newClient, pkce, post, walk } from '../../helpers/oauth.ts'
import { startServer } from '../../helpers/server.ts'

const REDIRECT = 'https://chatgpt.com/connector_platform_oauth_redirect'
const SECOND_FACTOR =
  'http://schemas.openid.net/pape/policies/2007/06/multi-factor'

/** A signed-in browser, and the ID token that its person has from an app. */
async function place (t: Test) {
  const { url, app } = await startServer(t)
  const client = await newClient(url)
  const { browser, form } = await walk(url, client, { scope: 'openid' })
  const { body } = await post(`${url}/token`, form)
  /**
   * @returns where the browser ends: a path of ours, or the error that the app gets.
   */
  const where = async (more: Record<string, string>, method = 'GET') => {
    browser.left = undefined
    const fields = {
      client_id: 'chatgpt',
      redirect_uri: REDIRECT,
      code_challenge: pkce().challenge,
      ...more
    }
    const page = method === 'GET'
      ? await browser.get(authorizeUrl(url, fields))
      : await browser.post(`${url}/authorize`, {
        response_type: 'code',
        code_challenge_method: 'S256',
        ...fields
      })
    const left = browser.left as URL | undefined
    return left ? left.searchParams.get('error') : new URL(page.url).pathname
  }
  return { url, app, client, browser, where, idToken: body['id_token'] as string }
}

t.test('prompt decides whether the person signs in again, at GET and POST', async (t) => {
  const { where } = await place(t)
  const cases: Array<[prompt: string, answer: string]> = [
    ['consent', '/consent'],
    ['login', '/login'],
    ['select_account', '/login'],
    ['login consent', '/login'],
    ['select_account consent', '/login'],
    ['none', 'consent_required'],
    ['none login', 'invalid_request'],
    ['none consent', 'invalid_request'],
    ['whatever', '/consent']
  ]
  for (const [prompt, answer] of cases) {
    for (const method of ['GET', 'POST']) {
      t.equal(await where({ prompt }, method), answer, `${method} ${prompt}`)
    }
  }
})

t.test('a second factor that an app asks for is asked for once more, and never required', async (t) => {
  const { where } = await place(t)
  t.equal(await where({ acr_values: SECOND_FACTOR }), '/login')
  t.equal(await where({ acr_values: `urn:other ${SECOND_FACTOR}` }), '/login')
  t.equal(await where({ acr_values: 'urn:other' }), '/consent')
  const none = { acr_values: SECOND_FACTOR, prompt: 'none' }
  t.equal(await where(none), 'login_required')
})

t.test('the person whom the app names by an ID token goes on, and the token says nothing of a factor', async (t) => {
  const { url, client, browser, idToken } = await place(t)
  t.notHas(decodeJwt(idToken), { acr: String })
  t.notHas(decodeJwt(idToken), { amr: Array })
  const hint = { scope: 'openid', id_token_hint: idToken }
  const { form } = await walk(url, client, hint, browser)
  t.equal((await post(`${url}/token`, form)).status, 200)
})

t.test('an ID token of another app, changed, or of no one is no hint, and nothing begins (PV-05)', async (t) => {
  const { where, idToken, app } = await place(t)
  const [head, body, signature] = idToken.split('.')
  const claims = decodeJwt(idToken)
  const other = { ...claims, sub: 'somebody' }
  const forged = Buffer.from(JSON.stringify(other)).toString('base64url')
  const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')
  const aud = 'chatgpt'
  const hints = {
    'of another app': idToken,
    changed: `${head}.${forged}.${signature}`,
    unsigned: `${none}.${body}.`,
    'no token': 'x',
    long: 'x'.repeat(5_000),
    'another kind': await app.openid.sign({ ...claims, aud }, 'at+jwt'),
    'another issuer': await app.openid.sign(
      { ...claims, aud, iss: 'https://evil.example' },
      'JWT'
    )
  }
  for (const [name, hint] of Object.entries(hints)) {
    t.equal(await where({ id_token_hint: hint }), 'invalid_request', name)
  }
  const ended = await app.openid.sign({ ...claims, aud, exp: 1 }, 'JWT')
  t.equal(await where({ id_token_hint: ended }), '/consent', 'one that has ended is one')
})

t.test('nobody but the person whom the app named gets as far as the consent (PV-05)', async (t) => {
  const { where, url, app, browser, idToken } = await place(t)
  const claims = { ...decodeJwt(idToken), aud: 'chatgpt' }
  const hint = await app.openid.sign({ ...claims, sub: 'somebody' }, 'JWT')
  t.equal(await where({ id_token_hint: hint, prompt: 'none' }), 'login_required')
  t.equal(await where({ id_token_hint: hint }), '/login', 'as somebody else')
  const fields = {
    client_id: 'chatgpt',
    redirect_uri: REDIRECT,
    code_challenge: pkce().challenge,
    id_token_hint: hint
  }
  const login = await browser.get(authorizeUrl(url, fields))
  const refused = await browser.submit(login, () => true)
  t.match(refused, { status: 400, text: /another account/ })
  t.notMatch(refused.text, /name="decision"/)
})

t.test('what an app may ask for is in the metadata', async (t) => {
  const { url } = await startServer(t)
  const response = await fetch(`${url}/.well-known/openid-configuration`)
  t.match(await response.json(), {
    acr_values_supported: [SECOND_FACTOR],
    prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
    response_types_supported: ['code']
  })
})
