// Joining a sign-in method to the account with the same address: as strictly as one is added on the account page, and
// nothing of the sign-in that came first is left at its service.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { AuthBackend, SignedIn } from '../../../auth-backends/contract.ts'
import { MAX_FACTOR_TRIES } from '../../../plugins/sign-in/factor-step.ts'
import { Browser, type Page } from '../../helpers/browser.ts'
import { appOf, codeAt } from '../../helpers/second-factors.ts'
import { startServer } from '../../helpers/server.ts'
import { folder } from '../../helpers/tool-context.ts'

const ANN = 'ann@example.org'

/**
 * Two services that vouch for an address: one by a name alone, and one by a redirect that a
 * session there answers.
 */
async function place (t: Test, now?: () => number) {
  const at = await folder(t)
  const write = async (name: string, parts: string) => {
    const path = join(at, `${name}.ts`)
    await writeFile(path, `import { z } from ${JSON.stringify(import.meta.resolve('zod'))}
export default { env: z.object({}), open: () => ({ title: '${name}', sessions: { end: async () => {} }, ${parts} }) }`)
    return path
  }
  const named = await write('Named', `password: { label: 'Name', verify: async ({ identifier }) =>
    ({ subject: identifier, email: identifier, emailVerified: true, session: 'named ' + identifier }) }`)
  const silent = await write('Silent', `redirect: { providers: [{ id: 'silent', label: 'Silent' }],
    begin: async ({ callbackUrl, state }) => ({ url: callbackUrl + '?state=' + encodeURIComponent(state), continuation: '{}' }),
    finish: async () => ({ subject: 'ann', email: '${ANN}', emailVerified: true, session: 'silent' }) }`)
  const { url, app } = await startServer(t, { env: { AUTH_BACKEND: `${named},${silent}` }, ...(now && { now }) })
  const backend = (title: string): AuthBackend => [...app.signIn.backends.values()].find((each) => each.title === title)!
  const ended: string[] = []
  for (const title of ['Named', 'Silent']) {
    backend(title).sessions!.end = async (session) => {
      ended.push(session)
    }
  }
  const redirect = backend('Silent').redirect!
  const asked: unknown[] = []
  const { begin, finish } = redirect
  redirect.begin = async (how) => {
    asked.push(how.again)
    return begin(how)
  }
  /** How long ago the person authenticated, as the provider says. */
  const ago = (seconds: number | undefined) => {
    redirect.finish = async (answer) => ({
      ...((await finish(answer)) as SignedIn),
      ...(seconds !== undefined && { authenticationAgeSeconds: seconds })
    })
  }
  const byName = async (browser: Browser, page?: Page) =>
    browser.submit(page ?? (await browser.get(`${url}/login`)), ({ fields }) => 'password' in fields, { email: ANN, password: 'x' })
  const silently = async (browser: Browser, page?: Page) =>
    browser.submit(page ?? (await browser.get(`${url}/login`)), ({ fields }) => fields['provider'] === 'silent')
  const titles = async () => {
    const people = await Array.fromAsync(app.signIn.lifecycle.all())
    return people.map(({ identities }) => identities.map(({ backend }) => app.signIn.backends.get(backend)!.title))
  }
  return { url, app, ended, asked, ago, byName, silently, titles }
}

t.test('a session at a provider joins nothing: it is asked again, and must say when the person authenticated (AW-04)', async (t) => {
  const { ended, asked, ago, byName, silently, titles } = await place(t)
  await silently(new Browser())
  const other = new Browser()
  const choice = await byName(other)
  t.match(choice.text, 'Silent', 'how the account is entered')
  t.notMatch(choice.text, 'Named')
  for (const decision of ['', 'both', '__proto__']) {
    const undecided = await other.submit(choice, () => true, { decision })
    t.match(undecided, { status: 400, text: /Choose one of the two/ }, decision)
  }
  const login = await other.submit(choice, () => true, { decision: 'join' })
  let page = login
  for (const age of [undefined, 301]) {
    ago(age)
    page = await silently(other, page)
    t.match(page, { status: 403, url: /\/login\?/, text: /Silent did not confirm/ })
    t.same(await titles(), [['Silent']], 'nothing was joined')
  }
  t.same(asked, [undefined, true, true])
  t.same(ended, ['silent', 'silent'])
  ago(10)
  t.match(await silently(other, page), { status: 200 })
  t.same(await titles(), [['Silent', 'Named']])
})

t.test('the session of a sign-in that came before another is ended at its service, joined or not (AW-05)', async (t) => {
  const { ended, ago, byName, silently, titles } = await place(t)
  await byName(new Browser())
  const browser = new Browser()
  ago(10)
  const choice = await silently(browser)
  const login = await browser.submit(choice, () => true, { decision: 'join' })
  await byName(browser, login)
  t.same(await titles(), [['Named', 'Silent']])
  t.same(ended, ['silent'])
})

t.test('a sign-in that is not said to be joined is not, whoever signs in next (AW-04)', async (t) => {
  const { url, ended, byName, silently, titles } = await place(t)
  await byName(new Browser())
  const browser = new Browser()
  const choice = await silently(browser)
  const interaction = new URL(choice.url).searchParams.get('interaction')!
  // The choice is left open, and the login page of the same sign-in opened beside it.
  await byName(browser, await browser.get(`${url}/login?interaction=${encodeURIComponent(interaction)}`))
  t.same(await titles(), [['Named']])
  t.same(ended, ['silent'])
})

t.test('a method is not joined to an account before its second factor is shown (FS-08)', async (t) => {
  const { app, byName, silently, ago, titles } = await place(t)
  ago(10)
  await silently(new Browser())
  const [ann] = await Array.fromAsync(app.signIn.lifecycle.all())
  const { secret } = await appOf(app.secondFactors, ann!, app.now())
  const browser = new Browser()
  const login = await browser.submit(await byName(browser), () => true, { decision: 'join' })
  const page = await silently(browser, login)
  t.match(page.url, '/login/factor')
  t.same(await titles(), [['Silent']])
  const done = await browser.submit(page, ({ fields }) => 'code' in fields, { code: codeAt(secret, app.now() + 30) })
  t.equal(done.status, 200)
  t.same(await titles(), [['Silent', 'Named']])
})

t.test('after too many wrong codes no session is left at the services, of the method to be joined neither (FS-03, AW-05)', async (t) => {
  const { app, ended, byName, silently, ago, titles } = await place(t)
  ago(10)
  await silently(new Browser())
  const [ann] = await Array.fromAsync(app.signIn.lifecycle.all())
  await appOf(app.secondFactors, ann!, app.now())
  const browser = new Browser()
  let page = await silently(browser, await browser.submit(await byName(browser), () => true, { decision: 'join' }))
  for (let tries = 0; tries < MAX_FACTOR_TRIES; tries++) {
    t.same(ended, [], 'while it waits they are kept')
    page = await browser.submit(page, ({ fields }) => 'code' in fields, { code: '0' })
  }
  t.match(page, { status: 401, url: /\/login\?/ })
  t.same(ended.sort(), [`named ${ANN}`, 'silent'])
  t.same(await titles(), [['Silent']])
})

t.test('what was shown does not count for longer by being carried from page to page (FS-10)', async (t) => {
  for (const decision of ['separate', 'join']) {
    let time = Date.now() / 1_000
    const { ago, byName, silently, titles } = await place(t, () => time)
    ago(10)
    await silently(new Browser())
    const browser = new Browser()
    let page = await byName(browser)
    const isChoice = () => page.forms.some(({ buttons }) => buttons.some(({ value }) => value === decision))
    /** The question is asked again by whoever has said already that the account is theirs. */
    const carry = async () => {
      const login = await browser.submit(page, () => true, { decision: 'join' })
      page = await browser.get(page.url.replace(/\?.*/, new URL(login.url).search))
    }
    for (time += 540; time < Date.now() / 1_000 + 1_700; time += 540) {
      await carry()
      t.ok(isChoice(), 'within half an hour')
    }
    for (let pages = 0; pages < 10 && isChoice(); pages++, time += 540) await carry()
    t.notOk(isChoice(), 'afterwards the sign-in is over')
    t.same(await titles(), [['Silent']])
  }
})
