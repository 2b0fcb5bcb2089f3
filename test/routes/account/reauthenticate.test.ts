// Fresh proof of who the person is, by a password or another sign-in (threat AC-01).
import { Browser, type Page } from '../../helpers/browser.ts'
import { place, yes } from '../../helpers/sign-in-methods.ts'
import { storageTest } from '../../helpers/storages.ts'
import { PASSWORD } from '../../helpers/with-mail.ts'

const HOUR = 3600

const prove = (browser: Browser, page: Page, password = PASSWORD) =>
  browser.submit(page, ({ fields }) => 'password' in fields, { password })

storageTest(
  'without fresh proof nothing is added, removed or deleted, and a wrong password proves nothing (AC-01)',
  async (t, start) => {
    const { url, app, clock, person, address, userOf, begin, enter } = await place(t, start)
    const ann = address()
    const browser = await person(ann)
    const page = await browser.get(`${url}/account`)
    const { id } = await userOf(ann)
    await enter(browser, await begin(browser), 'extra').then((question) => yes(browser, question))
    t.equal((await app.signIn.lifecycle.find(id))!.identities.length, 2)
    const before = await app.signIn.lifecycle.find(id)
    const token = page.forms.find(({ action }) => action === '/account/sign-in')!.fields['token']!
    const removal = /href="(\/account\/sign-in\/remove[^"]*)"/.exec((await browser.get(`${url}/account`)).text)![1]!

    clock.now += 301
    for (const [name, ask] of [
      ['add', () => browser.post(`${url}/account/sign-in`, { token })],
      ['look at what could be added', () => browser.get(`${url}/account/sign-in`)],
      ['remove', () => browser.post(`${url}/account/sign-in/remove`, { token, way: removal.split('=')[1]! })],
      ['look at a removal', () => browser.get(url + removal)],
      ['delete', () => browser.post(`${url}/account/delete`, { token, confirm: 'delete' })],
      ['look at a deletion', () => browser.get(`${url}/account/delete`)],
      [
        'sign out everywhere, with removal',
        () => browser.post(`${url}/account/sign-out-everywhere`, { token, ways: 'remove' })
      ]
    ] as const) {
      const answer = await ask()
      t.match(answer, { status: 200, text: /Confirm that it is you/ }, name)
      const wrong = await prove(browser, answer, 'not the password')
      t.match(wrong, { status: 401, text: /Incorrect password/ }, name)
    }
    t.same(await app.signIn.lifecycle.find(id), before, 'and nothing was changed')
    t.equal((await browser.get(`${url}/account`)).url, `${url}/account`)
    const stolen = new Browser()
    for (const [name, value] of browser.cookies) stolen.cookies.set(name, value)
    for (const path of ['https://evil.example/', '//evil.example', '/login', '/account/../x', '/account?x=1']) {
      t.equal(
        (await browser.post(`${url}/account/prove`, { token, path, backend: 'local', password: PASSWORD })).status,
        400,
        path
      )
    }
    t.equal(
      (await browser.post(`${url}/account/prove`, { token: 'x', path: '/account', password: PASSWORD })).status,
      400,
      "another session's form"
    )

    const proven = await prove(browser, await begin(browser))
    t.match(proven, { status: 200, text: /Add a sign-in method/ })
    t.match(
      (await stolen.get(`${url}/account`)).url, '/login',
      'a copy of the cookie was not proven with it'
    )
    t.match(await yes(browser, proven), { status: 200, url: /\/login\?/ })
    clock.now += 301
    t.match(await begin(browser), { text: /Confirm that it is you/ }, 'five minutes')
  }
)

storageTest('signing in again is proof, too (AC-01)', async (t, start) => {
  const { url, clock, throughSecond, enter } = await place(t, start)
  const browser = new Browser()
  await throughSecond('bob', browser)
  clock.now += HOUR
  const asked = await browser.get(`${url}/account/delete`)
  t.match(asked, { text: /Confirm that it is you/ })
  t.notMatch(asked.text, 'type="password"', 'there is no password to ask for')
  const login = await browser.submit(asked, () => true)
  t.match(login.url, '/login')
  t.match(await enter(browser, login, 'bob'), { status: 200, text: /Delete your account\?/ })
})
