// ui_locales at /authorize (OpenID Connect Core §3.1.2.1): the pages of that sign-in are in the language the app asked for.
import { Browser, type Page } from '../../helpers/browser.ts'
import { authorizeUrl, newClient, pkce } from '../../helpers/oauth.ts'
import { storageTest } from '../../helpers/storages.ts'

const said = ({ text, headers }: Page) => [/<html lang="([^"]*)"/.exec(text)?.[1], headers.get('content-language')]

storageTest('the pages of a sign-in speak the language the app asked for, from the first to the consent', async (t, start) => {
  const { url } = await start({ env: { AUTH_BACKEND: 'local,demo' } })
  const { client_id: id } = await newClient(url)
  const open = (browser: Browser, locales: string) =>
    browser.get(
      authorizeUrl(url, {
        client_id: id,
        code_challenge: pkce().challenge,
        ui_locales: locales
      })
    )
  const browser = new Browser()
  const login = await open(browser, 'xx de-CH en')
  t.same(said(login), ['de', 'de'])
  t.match(login.text, 'Anmelden bei')
  const typed = { email: 'a@b.example', password: 'x' }
  const wrong = await browser.submit(login, ({ fields }) => 'password' in fields, typed)
  t.same([wrong.status, ...said(wrong)], [401, 'de', 'de'])
  t.match(wrong.text, 'E-Mail-Adresse oder Passwort ist falsch.')
  const consent = await browser.submit(login, ({ fields }) => fields['backend'] === 'demo')
  t.match(consent.url, '/consent')
  t.same(said(consent), ['de', 'de'], 'after the sign-in')
  const again = await open(browser, 'ja')
  t.match(again.url, '/consent')
  t.same(said(again), ['ja', 'ja'], 'with the session that is there')
  const other = await browser.submit(again, ({ action }) => action === '/login/switch')
  t.match(other.url, '/login')
  t.same(said(other), ['ja', 'ja'], 'as another person')
})

storageTest('a language that is none of ours, or no language, changes nothing', async (t, start) => {
  const { url } = await start()
  const { client_id: id } = await newClient(url)
  const ask = (client: string, locales: string) =>
    new Browser().get(
      authorizeUrl(url, {
        client_id: client,
        code_challenge: pkce().challenge,
        ui_locales: locales
      })
    )
  const strange = ['', 'xx', '../../etc', '<b>', 'x'.repeat(3_000), '__proto__', 'zh-Hant']
  for (const locales of strange) {
    const page = await ask(id, locales)
    t.same([page.status, ...said(page)], [200, 'en', 'en'], locales.slice(0, 20))
  }
  const refused = await ask('nobody', 'fr')
  t.same(said(refused), ['fr', 'fr'], 'a refusal is in it as well')
})
