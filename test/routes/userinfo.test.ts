// GET /userinfo and ID tokens: what the scopes allow, and nothing more.
import { decodeJwt } from 'jose'
import { Browser } from '../helpers/browser.ts'
import {
  newClient,
  post,
  signUp,
  tokensFor,
  walk
} from '../helpers/oauth.ts'
import { storageTest } from '../helpers/storages.ts'

storageTest('/userinfo needs a token with openid', async (t, start) => {
  const { url } = await start()
  const nobody = await fetch(`${url}/userinfo`)
  t.equal(nobody.status, 401)
  t.match(nobody.headers.get('www-authenticate'), /^Bearer resource_metadata=/)
  t.equal((await fetch(`${url}/userinfo?access_token=x`)).status, 401)
  t.equal(
    (await fetch(`${url}/userinfo`, { method: 'POST', body: new URLSearchParams({ access_token: 'x' }) })).status,
    401
  )
  const client = await newClient(url)
  for (const scope of ['mcp:read', 'mcp:read mcp:write', 'email profile mcp:read']) {
    const { access } = await tokensFor(url, client, { scope })
    for (const method of ['GET', 'POST']) {
      const answer = await fetch(`${url}/userinfo`, { method, headers: { authorization: `Bearer ${access}` } })
      t.match(
        { status: answer.status, challenge: answer.headers.get('www-authenticate') },
        { status: 403, challenge: /error="insufficient_scope".*/ },
        `${method}: ${scope}`
      )
      t.notMatch(await answer.text(), /sub|Demo user/)
    }
  }
})

storageTest('/userinfo and the ID token say what the scopes allow, and nothing more', async (t, start) => {
  const { url } = await start({ env: { AUTH_BACKEND: 'local' } })
  const client = await newClient(url)
  const browser = new Browser()
  await signUp(browser, await browser.get(`${url}/login`), { email: 'ann@example.com', name: 'Ann' })
  const expected: Array<[string, object]> = [
    ['openid mcp:read', {}],
    ['openid email mcp:read', { email: 'ann@example.com', email_verified: false }],
    ['openid profile mcp:read', { name: 'Ann' }]
  ]
  for (const [scope, claims] of expected) {
    const { form } = await walk(url, client, { scope }, browser)
    const { body } = await post(`${url}/token`, form)
    const { sub, ...info } = (await (
      await fetch(`${url}/userinfo`, { headers: { authorization: `Bearer ${body['access_token'] as string}` } })
    ).json()) as Record<string, unknown>
    t.type(sub, 'string')
    t.same(info, claims, scope)
    const { iss, aud, exp, iat, sub: subject, ...said } = decodeJwt(body['id_token'] as string)
    t.same(said, claims, `ID token: ${scope}`)
    t.equal(subject, sub)
  }
})

storageTest('of a POST nothing is read but the header, whatever its body is (Core §5.3.1)', async (t, start) => {
  const { url } = await start()
  const client = await newClient(url)
  const { access } = await tokensFor(url, client, { scope: 'openid' })
  const authorization = `Bearer ${access}`
  for (const [type, body] of [
    ['application/x-www-form-urlencoded', 'access_token=x&scope=email'],
    ['application/json', '{broken'],
    ['made/up', 'x'.repeat(1_000)]
  ] as const) {
    const headers = { authorization, 'content-type': type }
    const answer = await fetch(`${url}/userinfo`, { method: 'POST', headers, body })
    t.equal(answer.status, 200, type)
    t.same(Object.keys(await answer.json() as object), ['sub'])
  }
})
