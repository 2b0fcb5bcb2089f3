// The decision on the consent page: a session that ends while it is under way leaves no grant behind, and a person's
// grants stay bounded.
import t, { type Test } from 'tap'
import type { FastifyInstance } from 'fastify'
import type { Grant } from '../../../plugins/oauth/grants/contract.ts'
import { GRANT_BOUNDS } from '../../../plugins/oauth/grants/new-grant.ts'
import { allowed } from '../../helpers/grants.ts'
import { authorizeUrl, decide, newClient, ping, pkce, post, redeemCode, signUp, walk } from '../../helpers/oauth.ts'
import { Browser } from '../../helpers/browser.ts'
import { startServer } from '../../helpers/server.ts'

const grantsOf = async (app: FastifyInstance): Promise<Grant[]> => {
  const found: Grant[] = []
  for await (const { record } of app.storage.collection<Grant>('grant').all()) found.push(record)
  return found
}

type End = (app: FastifyInstance, userId: string) => Promise<unknown>
const ends: Record<string, End> = {
  async 'a password reset that disconnects apps' ({ signIn: { lifecycle } }, id) {
    await lifecycle.signOutEverywhere(id)
    await lifecycle.disconnectApps(id)
  },
  'signing out everywhere': ({ signIn: { lifecycle } }, id) => lifecycle.signOutEverywhere(id),
  'a lock': ({ signIn: { lifecycle } }, id) => lifecycle.lock(id),
  'a deletion': ({ signIn: { lifecycle } }, id) => lifecycle.delete(id)
}

t.test('a consent that is under way while the session ends leaves no grant, wherever the end comes (OW-01)', async (t) => {
  const { url, app } = await startServer(t, { env: { AUTH_BACKEND: 'local', SIGNUP: 'open' } })
  const client = await newClient(url)
  for (const [what, end] of Object.entries(ends)) {
    for (const moment of ['before the grant is listed', 'while it is written'] as const) {
      await t.test(`${what}, ${moment}`, (t) => consentWhile(t, { url, app, client, end, moment }))
    }
  }
})

async function consentWhile (
  t: Test,
  { url, app, client, end, moment }: { url: string; app: FastifyInstance; client: { client_id: string }; end: End; moment: string }
): Promise<void> {
  const browser = new Browser()
  const login = await browser.get(
    authorizeUrl(url, { client_id: client.client_id, code_challenge: pkce().challenge, state: 'mine' })
  )
  const consent = await signUp(browser, login, { email: `${Math.random()}@example.com` })
  const { remember } = app.clients
  const { issueCode } = app.grants
  t.teardown(() => Object.assign(app.clients, { remember }) && Object.assign(app.grants, { issueCode }))
  let userId = ''
  app.grants.issueCode = async (grant) => {
    userId = grant.user.id
    if (moment === 'before the grant is listed') await end(app, userId)
    return issueCode({
      ...grant,
      async isStillSignedIn () {
        if (moment === 'while it is written') await end(app, userId)
        return grant.isStillSignedIn()
      }
    })
  }
  const page = await browser.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), {
    decision: 'allow'
  })
  t.equal(page.status, 400)
  t.match(page.text, /sign_in_expired/)
  t.equal(browser.left, undefined, 'no code was sent')
  t.same((await grantsOf(app)).filter(({ user }) => user.id === userId), [])
  t.equal(await app.storage.collection('grantList').find(userId), undefined)
  await app.audit.flush()
  t.notOk((await app.audit.ofUser(userId, 100)).some(({ event }) => event === 'consent'))
}

t.test('beyond the bound the least recently used grant ends, and the owner can read so (OW-05)', async (t) => {
  const { url, app } = await startServer(t)
  const client = await newClient(url)
  const first = await walk(url, client)
  const { body } = await post(`${url}/token`, first.form)
  const [grant] = await grantsOf(app)
  for (let count = 1; count < GRANT_BOUNDS.perClient; count++) {
    await app.grants.issueCode({ ...allowed, user: grant!.user, clientId: client.client_id })
  }
  t.ok(await app.grants.verifyAccessToken(String(body['access_token'])), 'all of them fit')
  const { form } = await walk(url, client, {}, first.browser)
  t.equal((await post(`${url}/token`, form)).status, 200)
  t.equal(await app.grants.verifyAccessToken(String(body['access_token'])), undefined)
  t.equal((await grantsOf(app)).length, GRANT_BOUNDS.perClient)
  await app.audit.flush()
  t.match(
    (await app.audit.ofUser(grant!.user.id, 100)).filter(({ event }) => event === 'revocation'),
    [{ grant: grant!.id, reason: 'too_many_connections' }]
  )
})

t.test('a connection that would open nothing says so before it is allowed', async (t) => {
  const { url } = await startServer(t)
  const client = await newClient(url)
  for (const [scope, isTold] of [['openid email', true], ['offline_access', true], ['openid mcp:read', false], [undefined, false]] as const) {
    const { consent } = await walk(url, client, scope ? { scope } : {})
    t.equal(/nothing that opens this server/.test(consent.text), isTold, String(scope))
  }
})

t.test('a connection ends when the pages say, however often it is refreshed, and its tokens with it (GR-01)', async (t) => {
  const clock = { now: Date.parse('2026-11-02T10:00:00Z') / 1000 }
  const { url } = await startServer(t, { now: () => clock.now, env: { GRANT_TTL: '172800', AUTH_BACKEND: 'local', SIGNUP: 'open' } })
  const client = await newClient(url)
  const browser = new Browser()
  const { verifier, challenge } = pkce()
  const login = await browser.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: challenge }))
  const consent = await signUp(browser, login, { email: 'ann@example.com' })
  t.match(consent.text, 'Access ends on <time><bdi>Nov 4, 2026</bdi></time>.')
  await decide(browser, consent)
  let tokens = await redeemCode(url, client, browser, verifier)
  t.match((await browser.get(`${url}/account`)).text, /Expires<\/dt><dd><time datetime="2026-11-04[^"]*">Nov 4, 2026</)
  const refresh = () =>
    post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: tokens.refresh })
  for (const seconds of [90_000, 172_700]) {
    clock.now = Date.parse('2026-11-02T10:00:00Z') / 1000 + seconds
    const { body } = await refresh()
    tokens = { access: String(body['access_token']), refresh: String(body['refresh_token']) }
    t.equal(body['expires_in'], Math.min(3_600, 172_800 - seconds))
  }
  t.equal(await ping(url, tokens.access), 200)
  clock.now += 100
  t.equal(await ping(url, tokens.access), 401)
  t.match(await refresh(), { status: 400, body: { error: 'invalid_grant' } })
})
