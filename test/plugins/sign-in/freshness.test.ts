// What counts as fresh proof of who a person is: a password or a code that was shown, and an authentication that a
// provider vouches for; never a sign-in that a session at the provider answered.
import t, { type Test } from 'tap'
import type { SignedIn } from '../../../auth-backends/contract.ts'
import {
  askedOf,
  FRESH_SECONDS,
  isFresh,
  provesEnough,
  requiredFreshness
} from '../../../plugins/sign-in/freshness.ts'
import { choosingAccount, pageIntent, proofIntent } from '../../../plugins/sign-in/intent.ts'
import { Browser, type Page } from '../../helpers/browser.ts'
import { census } from '../../helpers/census.ts'
import { startProvider } from '../../helpers/openid-provider.ts'
import { freePort } from '../../helpers/ports.ts'
import { startServer } from '../../helpers/server.ts'

t.test('proof lasts five minutes, and what was never proved is not fresh (AW-01)', async (t) => {
  t.equal(FRESH_SECONDS, 300)
  t.same([isFresh(1000, 1299), isFresh(1000, 1300), isFresh(undefined, 1000)], [true, false, false])
  t.equal(isFresh(9000, 1000), false, 'nor what was shown while the clock had leapt (SG-12)')
})

t.test('an earlier sign-in does not count where proof was asked for, or a sign-in method is joined (AW-01, AW-04)', async (t) => {
  const intent = pageIntent('/account')
  const proof = { backend: 'sso', identity: { subject: 's' }, userId: 'ann' }
  t.equal(requiredFreshness({ intent }), undefined)
  t.equal(requiredFreshness({ intent: { kind: 'link', userId: 'ann', path: '/account' } }), undefined)
  t.equal(requiredFreshness({ intent: proofIntent('/account/delete') }), FRESH_SECONDS)
  t.equal(requiredFreshness({ intent, proof }), undefined)
  t.equal(requiredFreshness({ intent, proof: { ...proof, isJoining: true } }), FRESH_SECONDS)
})

const authorization = (more: object) => ({
  kind: 'authorization' as const,
  request: {
    clientId: 'app',
    clientName: 'App',
    redirectUri: 'https://app.example/callback',
    redirectUriGiven: true,
    scopes: [],
    resource: '',
    challenge: '',
    attempt: 'a',
    ...more
  }
})

t.test('with prompt=login an old session at the provider is refused, and with max_age silence as well (PV-06)', async (t) => {
  const now = 10_000
  const enough = (more: object, provenAt: number | undefined) =>
    provesEnough({ intent: authorization(more) }, provenAt, now)
  const login = { wishes: { prompt: 'login' } }
  t.equal(enough(login, now - 10), true)
  t.equal(enough(login, now - FRESH_SECONDS), false)
  t.equal(enough(login, undefined), true, 'it was asked')
  t.equal(enough({ ...login, maxAge: 0 }, undefined), false)
  t.equal(enough({ maxAge: 9_000 }, now - 8_000), true)
  t.equal(enough({ wishes: { prompt: 'select_account' } }, 1), true)
  t.equal(provesEnough({ intent: proofIntent('/') }, undefined, now), false)
})

t.test('a provider is asked for what the app wants and what the page needs, in the language of the page', async (t) => {
  const of = (more: object, rest: object = {}) =>
    askedOf({ browser: 'b', intent: authorization(more), ...rest })
  t.same(of({}), {})
  t.same(of({ maxAge: 60 }), { again: true })
  t.same(of({ wishes: { prompt: 'login' } }), { again: true })
  t.same(of({ wishes: { prompt: 'select_account' } }), { chooseAccount: true })
  const wishes = { secondFactor: true, loginHint: 'ann', subject: 'u' }
  t.same(of({ wishes }, { language: 'de' }), {
    secondFactor: true,
    loginHint: 'ann',
    language: 'de'
  })
  const changed = choosingAccount(authorization({ wishes }))
  t.same(askedOf({ browser: 'b', intent: changed }), {
    chooseAccount: true,
    secondFactor: true,
    loginHint: 'ann'
  })
  t.same(askedOf({ browser: 'b', intent: proofIntent('/') }), { again: true })
})

/**
 * Ann, who signed in through the provider three hours ago; her browser still has a session
 * there.
 */
async function place (t: Test) {
  const [port, providerPort] = [await freePort(), await freePort()]
  const url = `http://localhost:${port}`
  const callbackUrls = [`${url}/login/callback/oidc`]
  const provider = await startProvider({ port: providerPort, callbackUrls, logoutUrls: [url] })
  t.teardown(() => provider.stop())
  let ahead = 0
  const env = {
    AUTH_BACKEND: 'oidc,local',
    SIGNUP: 'open',
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: provider.clientId,
    OIDC_CLIENT_SECRET: provider.clientSecret,
    OIDC_TITLE: 'Example'
  }
  const server = await startServer(t, { port, now: () => Date.now() / 1000 + ahead, env })
  const [ann, annAtProvider] = [new Browser(), new Browser()]
  /**
   * Signs in through the provider. `wasAsked`: it did not answer by itself; `asked`: what it
   * was asked for.
   */
  const through = async (login: Page) => {
    await ann.submit(login, ({ fields }) => fields['provider'] === 'oidc')
    const asked = Object.fromEntries(ann.left!.searchParams)
    const atProvider = await annAtProvider.get(ann.left!.href)
    const wasAsked = !annAtProvider.left
    if (wasAsked) await annAtProvider.submit(atProvider, () => true, { name: 'ann', go: 'on' })
    return { wasAsked, asked, page: await ann.get(annAtProvider.left!.href) }
  }
  await through(await ann.get(`${url}/login`))
  ahead = 3 * 3600
  return { ...server, provider, ann, through, people: () => Array.fromAsync(server.app.signIn.lifecycle.all()) }
}

t.test('a silent sign-in at a provider is no fresh proof: nothing is added, removed or deleted by it (AW-01)', async (t) => {
  const { url, ann, through, people, ...server } = await place(t)
  t.match(await through(await ann.get(`${url}/login`)), { wasAsked: false, page: { status: 200 } })
  const [before, records] = [await people(), await census({ url, ...server })]
  const account = await ann.get(`${url}/account`)
  const token = account.forms[0]!.fields['token']!
  for (const [name, ask] of [
    ['look at an addition', () => ann.get(`${url}/account/sign-in`)],
    ['add', () => ann.post(`${url}/account/sign-in`, { token })],
    ['look at a deletion', () => ann.get(`${url}/account/delete`)],
    ['delete', () => ann.post(`${url}/account/delete`, { token, confirm: 'delete' })],
    ['remove the others', () => ann.post(`${url}/account/sign-out-everywhere`, { token, ways: 'remove' })]
  ] as const) {
    t.match(await ask(), { status: 200, text: /Confirm that it is you/ }, name)
  }
  t.same(await people(), before, 'nothing was changed')
  const after = await census({ url, ...server })
  for (const kind of ['user', 'identity', 'browserSession']) t.equal(after[kind], records[kind], kind)
})

t.test('the provider is asked for a new authentication, and that is fresh proof (AW-01)', async (t) => {
  const { url, ann, through, people } = await place(t)
  const asked = await ann.get(`${url}/account/delete`)
  const login = await ann.submit(asked, ({ fields }) => 'path' in fields)
  const proven = await through(login)
  t.match(
    proven, { wasAsked: true, asked: { prompt: 'login', max_age: '0' } },
    'whatever session it has'
  )
  t.match(proven.page, { status: 200, text: /Delete your account\?/ })
  await ann.submit(proven.page, ({ action }) => action === '/account/delete', { confirm: 'delete' })
  t.same(await people(), [])
})

t.test('a provider that does not confirm a new authentication proves nothing, and the page says what to do (AW-01)', async (t) => {
  const { url, ann, through, app } = await place(t)
  const oidc = app.signIn.backends.get('oidc')!.redirect!
  const { finish } = oidc
  for (const age of [undefined, 301]) {
    oidc.finish = async (answer) => {
      const { authenticationAgeSeconds: _, ...signedIn } = (await finish(answer)) as SignedIn
      return { ...signedIn, ...(age !== undefined && { authenticationAgeSeconds: age }) }
    }
    const login = await ann.submit(await ann.get(`${url}/account/delete`), ({ fields }) => 'path' in fields)
    t.match((await through(login)).page, { status: 403, url: /\/login\?/, text: /Example did not confirm/ })
    t.match(
      await ann.get(`${url}/account/delete`), { text: /Confirm that it is you/ },
      'the session is as stale as before'
    )
  }
  const [event] = await app.audit.ofUser((await Array.fromAsync(app.signIn.lifecycle.all()))[0]!.id, 1)
  t.equal(event!.event, 'sign_in', 'no new session was opened')
})
