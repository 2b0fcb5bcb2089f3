// max_age at /authorize (OpenID Connect Core §3.1.2.1, RFC 9470 §4): how long ago the person may have signed in.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import t from 'tap'
import { Browser } from '../../helpers/browser.ts'
import { authorizeUrl, newClient, pkce, post, walk } from '../../helpers/oauth.ts'
import { startServer } from '../../helpers/server.ts'
import { storageTest } from '../../helpers/storages.ts'
import { folder } from '../../helpers/tool-context.ts'

const START = Date.UTC(2026, 0, 1) / 1000
const REDIRECT = 'https://chatgpt.com/connector_platform_oauth_redirect'

t.test('max_age that is no whole number of seconds is refused before anything else is looked at', async (t) => {
  const { url } = await startServer(t)
  for (const value of ['-1', '1.5', 'abc', '1e3', '0x10', '+5', ' 5', '5 ', '99999999999', 'Infinity', '١']) {
    const fields = { client_id: 'chatgpt', redirect_uri: REDIRECT, code_challenge: pkce().challenge, max_age: value }
    const got = new Browser()
    await got.get(authorizeUrl(url, fields))
    const posted = new Browser()
    await posted.post(`${url}/authorize`, { response_type: 'code', code_challenge_method: 'S256', ...fields })
    for (const browser of [got, posted]) {
      t.match(Object.fromEntries(browser.left!.searchParams), { error: 'invalid_request', error_description: /max_age/ }, value)
    }
  }
  const twice = await fetch(`${authorizeUrl(url, { client_id: 'chatgpt', redirect_uri: REDIRECT, code_challenge: pkce().challenge, max_age: '5' })}&max_age=6`)
  t.equal(twice.status, 400)
})

storageTest('a sign-in older than max_age does not count, at GET and POST, and with prompt', async (t, start) => {
  let now = START
  const { url } = await start({ now: () => now })
  const client = await newClient(url)
  const { browser } = await walk(url, client)
  now += 100
  const where = async (more: Record<string, string>, method = 'GET') => {
    browser.left = undefined
    const fields = { client_id: 'chatgpt', redirect_uri: REDIRECT, code_challenge: pkce().challenge, ...more }
    const page = method === 'GET'
      ? await browser.get(authorizeUrl(url, fields))
      : await browser.post(`${url}/authorize`, { response_type: 'code', code_challenge_method: 'S256', ...fields })
    return browser.left ? (browser.left as URL).searchParams.get('error') : new URL(page.url).pathname
  }
  const cases: Array<[fields: Record<string, string>, answer: string]> = [
    [{ max_age: '99' }, '/login'],
    [{ max_age: '100' }, '/consent'],
    [{ max_age: '0' }, '/login'],
    [{ max_age: '9999999999' }, '/consent'],
    [{ max_age: '' }, '/consent'],
    [{ max_age: '9999', prompt: 'login' }, '/login'],
    [{ max_age: '99', prompt: 'none' }, 'login_required'],
    [{ max_age: '101', prompt: 'none' }, 'consent_required']
  ]
  for (const [fields, answer] of cases) {
    for (const method of ['GET', 'POST']) t.equal(await where(fields, method), answer, `${method} ${JSON.stringify(fields)}`)
  }
})

storageTest('the ID token says when the person signed in if max_age was asked, and a refresh says the same', async (t, start) => {
  let now = START
  const { url } = await start({ now: () => now })
  const client = await newClient(url)
  const scope = 'openid mcp:read'
  const { browser, form } = await walk(url, client, { scope })
  t.equal(decodeJwt((await post(`${url}/token`, form)).body['id_token'] as string)['auth_time'], undefined)
  now += 100
  for (const [maxAge, authTime] of [['200', START], ['50', START + 110]] as const) {
    const { body } = await post(`${url}/token`, (await walk(url, client, { scope, max_age: maxAge }, browser)).form)
    t.equal(decodeJwt(body['id_token'] as string)['auth_time'], authTime, `max_age=${maxAge}`)
    now += 10
    const refreshed = await post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: body['refresh_token'] as string })
    t.equal(decodeJwt(refreshed.body['id_token'] as string)['auth_time'], authTime)
  }
})

/** A service that sends the browser straight back; one of its providers says when the person signed in there. */
const SERVICE = `import { z } from ${JSON.stringify(import.meta.resolve('zod'))}
const begin = async ({ provider, callbackUrl, state, again }) => ({ url: callbackUrl + '?state=' + state, continuation: provider + (again ? ' again' : '') })
const finish = async ({ continuation }) => ({ subject: 'ann', name: 'Ann',
  ...(!continuation.startsWith('silent') && { authenticationAgeSeconds: continuation.endsWith('again') ? 0 : 5000 }) })
export default { env: z.object({}), open: () => ({ title: 'Service', redirect: { begin, finish,
  providers: [{ id: 'silent', label: 'Silent' }, { id: 'honest', label: 'Honest' }] } }) }
`

t.test('a provider is asked to let the person sign in again, and one that does not say so does not count', async (t) => {
  const path = join(await folder(t), 'service.ts')
  await writeFile(path, SERVICE)
  const { url } = await startServer(t, { env: { AUTH_BACKEND: path, SIGNUP: 'open' } })
  const { client_id: id } = await newClient(url)
  const enter = async (provider: string, maxAge?: string) => {
    const browser = new Browser()
    const login = await browser.get(authorizeUrl(url, { client_id: id, code_challenge: pkce().challenge, max_age: maxAge }))
    return browser.submit(login, ({ fields }) => fields['provider'] === provider)
  }
  t.match((await enter('silent')).url, '/consent')
  for (const maxAge of ['0', '60', '3600']) {
    t.match((await enter('honest', maxAge)).url, '/consent', maxAge)
    const refused = await enter('silent', maxAge)
    t.match({ url: refused.url, text: refused.text }, { url: '/login', text: /did not confirm that you signed in there again/ }, maxAge)
  }
})
