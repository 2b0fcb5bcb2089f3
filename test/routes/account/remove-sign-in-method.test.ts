// A sign-in method is removed with everything that came through it (threat AC-02).
// A way to sign in is added, and removed, as strongly as a password is changed: with fresh proof, by the person who
// says so, told to the owner, and never the last one (threats AC-01, AC-02).
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { keyOf } from '../../../plugins/accounts/identities.ts'
import { Browser, type Page } from '../../helpers/browser.ts'
import { authorizeUrl, newClient, ping, pkce, post } from '../../helpers/oauth.ts'
import { startSmtp } from '../../helpers/smtp.ts'
import { storageTest, type Start } from '../../helpers/storages.ts'
import { folder } from '../../helpers/tool-context.ts'
import { PASSWORD, startWithMail } from '../../helpers/with-mail.ts'

const smtp = await startSmtp()

t.teardown(() => smtp.stop())

/** A backend whose people sign in with their name alone. */
async function backendOfNames (t: Test, title = 'Second'): Promise<string> {
  const path = join(await folder(t), 'second.ts')
  await writeFile(
    path,
    `import { z } from ${JSON.stringify(import.meta.resolve('zod'))}
export default { env: z.object({}), open: () => ({ title: ${JSON.stringify(title)}, password: { label: 'Name', verify: async ({ identifier, password }) => password === 'pw'
  ? { subject: identifier, name: identifier, ...(identifier.includes('@') && { email: identifier, emailVerified: true }) } : null } }) }
`
  )
  return path
}

async function place (t: Test, start: Start) {
  const clock = { now: 1_800_000_000 }
  const [second, third] = [await backendOfNames(t), await backendOfNames(t, 'Third')]
  const server = await startWithMail(smtp, start, {
    now: () => clock.now,
    env: { AUTH_BACKEND: `local,demo,${second},${third}` }
  })
  const { url, app } = server
  const enter = async (browser: Browser, page: Page, name: string) =>
    browser.submit(page, ({ fields }) => fields['backend'] === second, { email: name, password: 'pw' })
  const throughSecond = async (name: string, browser = new Browser()) =>
    enter(browser, await browser.get(`${url}/login`), name)
  const address = () => `${randomUUID()}@example.org`
  const userOf = async (email: string) =>
    (await Array.fromAsync(app.signIn.lifecycle.all())).find((user) => user.email === email)!
  const begin = async (browser: Browser) =>
    browser.submit(await browser.get(`${url}/account`), ({ action }) => action === '/account/sign-in')
  const events = async (id: string) =>
    (await app.audit.ofUser(id, 100)).map(({ event, reason }) => [event, reason].filter(Boolean).join(' '))
  return { ...server, clock, enter, throughSecond, address, userOf, begin, events }
}

const yes = (browser: Browser, page: Page) => browser.submit(page, () => true)

storageTest(
  'a new password and a sign-out everywhere remove the other ways, and disconnect apps, where the person ticks it (AC-02)',
  async (t, start) => {
    const { url, app, address, person, userOf, begin, enter, signIn } = await place(t, start)
    for (const [path, fields] of [
      ['/account/password', { present: PASSWORD, next: 'seven loud badgers 17' }],
      ['/account/sign-out-everywhere', {}]
    ] as const) {
      for (const ticked of [false, true]) {
        const ann = address()
        const browser = await person(ann)
        const { id } = await userOf(ann)
        await yes(browser, await enter(browser, await begin(browser), randomUUID()))
        const client = await newClient(url)
        const { challenge, verifier } = pkce()
        const consent = await browser.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: challenge }))
        await browser.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), {
          decision: 'allow'
        })
        const { body } = await post(`${url}/token`, {
          ...client,
          grant_type: 'authorization_code',
          code: browser.left!.searchParams.get('code')!,
          redirect_uri: 'https://app.example/callback',
          code_verifier: verifier
        })
        const page = await browser.get(url + (path === '/account/password' ? path : '/account'))
        t.match(page.text, /Remove the other sign-in method[^]*Second/)
        t.equal(
          (
            await browser.submit(page, ({ action }) => action === path, {
              ...fields,
              ...(ticked && { ways: 'remove', apps: 'end' })
            })
          ).status,
          200
        )
        t.same(
          [(await app.signIn.lifecycle.find(id))!.identities.length, await ping(url, body['access_token'] as string)],
          ticked ? [1, 401] : [2, 200],
          `${path} ${String(ticked)}`
        )
        const again = new Browser()
        await signIn(ann, path === '/account/password' ? 'seven loud badgers 17' : PASSWORD, again)
        t.equal((await again.get(`${url}/account`)).url, `${url}/account`)
      }
    }
  }
)

storageTest(
  'where the password of this server is removed as a way in, nothing of its account is left (AC-02)',
  async (t, start) => {
    const { url, app, address, person, userOf, begin, enter, throughSecond, signIn } = await place(t, start)
    const [ann, name] = [address(), randomUUID()]
    const browser = await person(ann)
    const {
      id,
      identities: [local]
    } = await userOf(ann)
    await yes(browser, await enter(browser, await begin(browser), name))
    const other = new Browser()
    await throughSecond(name, other)
    await yes(other, await other.get(`${url}/account/sign-in/remove?way=${keyOf(local!)}`))
    t.match((await app.signIn.lifecycle.find(id))!.identities, [{ subject: name }])
    t.same(await Array.fromAsync(app.storage.collection('account').all()), [])
    t.equal((await signIn(ann, PASSWORD)).status, 401)
  }
)

storageTest(
  'a way whose removal was cut short leads to nobody, and what it said of the person goes with it',
  async (t, start) => {
    const { url, app, address, person, userOf, begin, enter, throughSecond } = await place(t, start)
    const [ann, mallory] = [address(), address()]
    const browser = await person(ann)
    const { id } = await userOf(ann)
    await yes(browser, await enter(browser, await begin(browser), mallory))
    await throughSecond(mallory)
    t.equal((await app.signIn.lifecycle.find(id))!.email, mallory, 'the last sign-in said so')
    const pointers = app.storage.collection<{ userId: string }>('identity')
    const kept = await Array.fromAsync(pointers.all())
    t.match(await app.signIn.lifecycle.removeSignInMethods(id, ({ email }) => email === mallory), [
      { subject: mallory }
    ])
    t.match(await app.signIn.lifecycle.find(id), {
      email: ann,
      emailVerified: true,
      identities: [{ backend: 'local' }]
    })
    for (const { id: key, record } of kept) await pointers.put(key, record, null)
    const again = new Browser()
    await throughSecond(mallory, again)
    t.notMatch((await again.get(`${url}/account`)).text, ann)
    t.equal((await app.signIn.lifecycle.find(id))!.identities.length, 1)
  }
)
