// Signing in by a passkey alone: who may, and what is refused without a trace (threats FS-06, FS-07).
import type { Test } from 'tap'
import { Browser } from '../../helpers/browser.ts'
import { byPasskey, pathOf, signUp, withPasskey, withPassword } from '../../helpers/factor-sign-in.ts'
import { stored } from '../../helpers/second-factors.ts'
import type { TestServer } from '../../helpers/server.ts'
import { storageTest, type Start } from '../../helpers/storages.ts'
import { beforeNextChange } from '../../helpers/users.ts'

const env = { AUTH_BACKEND: 'local,demo', SIGNUP: 'open' }

storageTest('a passkey enters its own account once, and nothing else does (FS-07)', async (t, start) => {
  const server = await start({ env })
  const { url, app } = server
  const ann = await signUp(server, 'ann@example.com')
  const answer = await withPasskey(server, ann)
  const browser = new Browser()
  const login = await browser.get(`${url}/login`)
  t.match(login.text, /autocomplete="username webauthn"/)
  const other = new Browser()
  const others = await other.get(`${url}/login`)
  const before = await stored(server)
  const right = answer(login)
  const wrong: Array<[string, Browser, typeof login, Record<string, string>]> = [
    ['no answer', browser, login, { response: '' }],
    ['made up', browser, login, { response: '{}' }],
    ['without a question', browser, login, { state: 'x', response: right }],
    ["for another browser's question", other, others, { response: right }],
    ['of nobody', browser, login, { response: answer(login, { credentialId: 'A'.repeat(43) }) }],
    ['of another handle', browser, login, { response: answer(login, { userHandle: 'AAAA' }) }],
    ['from another site', browser, login, { response: answer(login, { origin: 'https://evil.example' }) }]
  ]
  for (const [name, by, page, fields] of wrong) {
    const refused = await by.submit(page, byPasskey, fields)
    t.match(refused, { text: /not accepted here|is missing/ }, name)
    t.match(refused.status, /40[01]/, name)
    t.equal(by.cookies.has('mcp_session'), false, name)
  }
  t.equal((await other.post(`${url}/login/passkey`, login.forms.find(byPasskey)!.fields)).status, 400)
  t.equal(await stored(server), before, 'nothing was written')

  t.match(await browser.submit(login, byPasskey, { response: right }), { status: 200, url: /\/$/ })
  t.match((await app.audit.ofUser(ann.id, 1))[0], { event: 'sign_in', backend: 'local', reason: 'passkey' })
  const visitor = await browser.get(`${url}/account`)
  t.equal(pathOf(visitor), '/account')
  t.equal(
    (await browser.submit(login, byPasskey, { response: right })).status, 400,
    'sent again'
  )
  const next = await new Browser().get(`${url}/login`)
  t.notMatch(next.text, 'Last used')
  t.match((await browser.get(`${url}/login`)).text, /passkey<\/span> <small class="last">/)
})

storageTest('who is locked, or has their account elsewhere, is not let in by a passkey (FS-06, FS-07)', async (t, start) => {
  const server = await start({ env })
  const { url, app } = server
  const ann = await signUp(server, 'ann@example.com')
  const answer = await withPasskey(server, ann)
  const enter = async () => {
    const browser = new Browser()
    const login = await browser.get(`${url}/login`)
    const page = await browser.submit(login, byPasskey, { response: answer(login) })
    t.equal(browser.cookies.has('mcp_session'), false)
    return page
  }
  await app.signIn.lifecycle.lock(ann.id)
  t.match(await enter(), { status: 403, text: /locked/ })
  await app.signIn.lifecycle.unlock(ann.id)
  // Their account here is gone; what is left is elsewhere.
  await app.signIn.backends.get('local')!.deleteUser!(ann.identities[0]!.subject)
  t.match(await enter(), { status: 403, text: /passkey alone/ })
  const none = await withPassword(new Browser(), server, 'ann@example.com')
  t.equal(none.status, 401)
})

storageTest('a passkey enters no account whose address waits to be confirmed (FS-09)', async (t, start) => {
  const server = await start({ env })
  const { app } = server
  const ann = await signUp(server, 'ann@example.com')
  const answer = await withPasskey(server, ann)
  const enter = async () => {
    const browser = new Browser()
    const login = await browser.get(`${server.url}/login`)
    const page = await browser.submit(login, byPasskey, { response: answer(login) })
    return { page, isIn: browser.cookies.has('mcp_session') }
  }
  // The account was made before the server sent mail.
  app.mail.isOn = true
  const { page, isIn } = await enter()
  t.match(page, { status: 403, text: /not confirmed|confirm/i })
  t.equal(isIn, false)
  const local = app.signIn.backends.get('local')!.accounts!
  await local.confirm((await local.find(ann.email!))!)
  t.equal((await enter()).isIn, true)
})

/** Ann comes in by her passkey, and `meanwhile` happens before the session opens. */
async function comeInDuring (start: Start, meanwhile: (server: TestServer, annId: string) => Promise<unknown>) {
  const server = await start({ env })
  const ann = await signUp(server, 'ann@example.com')
  const answer = await withPasskey(server, ann)
  const browser = new Browser()
  const login = await browser.get(`${server.url}/login`)
  beforeNextChange(server.app, () => meanwhile(server, ann.id))
  const page = await browser.submit(login, byPasskey, { response: answer(login) })
  return { ...server, ann, browser, page }
}

async function isOut (t: Test, browser: Browser, url: string): Promise<void> {
  t.equal(browser.cookies.has('mcp_session'), false)
  t.equal(pathOf(await browser.get(`${url}/account`)), '/login')
}

storageTest('who is locked while they come in by a passkey is not in when they are unlocked (WB-11)', async (t, start) => {
  const { app, ann, browser, url } = await comeInDuring(start, ({ app }, id) => app.signIn.lifecycle.lock(id))
  await app.signIn.lifecycle.unlock(ann.id)
  await isOut(t, browser, url)
})

storageTest('who comes in by a passkey while its owner removes it is not in afterwards (AC-30)', async (t, start) => {
  const { page, browser, url } = await comeInDuring(start, async ({ app }, id) => {
    const { lifecycle } = app.signIn
    const [passkey] = await app.secondFactors.list(id)
    await lifecycle.signOutEverywhere(id)
    await app.secondFactors.remove(id, passkey!.id)
    await lifecycle.signOutEverywhere(id)
  })
  t.match(page, { status: 400, text: /expired/ })
  await isOut(t, browser, url)
})
