// Links that are sent to a mailbox: void after any change of the account, used once, and each for one purpose (threat
// AC-03).
// Links of an account: what voids them, how long they last, what a reset ends. A table of every link against every
// change that may come between (threats AC-03, AC-04, AC-05).
import { parseEmail } from '../../../auth-backends/contract.ts'
import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { NewLink } from '../../../plugins/accounts/email-links.ts'
import { Browser } from '../../helpers/browser.ts'
import { ownerOf } from '../../helpers/owner.ts'
import { startServer, type TestServer } from '../../helpers/server.ts'
import { startSmtp } from '../../helpers/smtp.ts'
import { storageTest } from '../../helpers/storages.ts'
import { PASSWORD } from '../../helpers/with-mail.ts'
import { accountsOf } from '../../helpers/local-accounts.ts'

const NEXT = 'seven loud badgers 17'

const smtp = await startSmtp()

t.teardown(() => smtp.stop())

const links = {
  'reset, by mail': { path: '/password/reset', fields: { password: NEXT }, link: { purpose: 'reset', by: 'mail' } },
  'reset, from the operator': {
    path: '/password/reset',
    fields: { password: NEXT },
    link: { purpose: 'reset', by: 'operator' }
  },
  confirm: { path: '/email/confirm', fields: {}, link: { purpose: 'confirm', by: 'mail' } },
  change: {
    path: '/email/change',
    fields: {},
    link: { purpose: 'change', by: 'mail', email: parseEmail('elsewhere@example.org') }
  }
} as const satisfies Record<
  string,
  { path: string; fields: Record<string, string>; link: Pick<NewLink, 'purpose' | 'by' | 'email'> }
>

const changes: Record<string, (server: TestServer, email: string, browser: Browser) => Promise<unknown>> = {
  'the password was changed on the account page': async ({ url }, _email, browser) =>
    browser.submit(await browser.get(`${url}/account/password`), ({ action }) => action === '/account/password', {
      present: PASSWORD,
      next: 'five green lanterns 9'
    }),
  'another reset link was used': async (server, email) => {
    const secret = await accountsOf(server).issue(email, { purpose: 'reset', by: 'mail' })
    return new Browser().post(`${server.url}/password/reset`, { link: secret, password: 'five green lanterns 9' })
  },
  'the address was confirmed': async (server, email) => {
    const secret = await accountsOf(server).issue(email, { purpose: 'confirm', by: 'mail' })
    return new Browser().post(`${server.url}/email/confirm`, { link: secret })
  },
  'the address was changed': async ({ url }, _email, browser) =>
    browser.submit(await browser.get(`${url}/account/email`), ({ action }) => action === '/account/email', {
      email: `${randomUUID()}@example.org`,
      password: PASSWORD
    }),
  'the person signed out everywhere': async ({ url }, _email, browser) =>
    browser.submit(await browser.get(`${url}/account`), ({ action }) => action === '/account/sign-out-everywhere'),
  'the account was locked': async ({ app }, email) => {
    const user = (await Array.fromAsync(app.signIn.lifecycle.all())).find((one) => one.email === email)!
    await app.signIn.lifecycle.lock(user.id)
  },
  'the account was deleted, and somebody else made one with its address': async (server, email) => {
    const user = (await Array.fromAsync(server.app.signIn.lifecycle.all())).find((one) => one.email === email)!
    await server.app.signIn.lifecycle.delete(user.id)
    await accountsOf(server).make(email)
  }
}

storageTest('whatever changes the account voids every link of before (AC-03)', async (t, start) => {
  const server = await start()
  const { url } = server
  const { accounts, make, issue } = accountsOf(server)
  for (const [change, work] of Object.entries(changes)) {
    await t.test(change, async (t) => {
      const email = `${randomUUID()}@example.com`
      const browser = await make(email)
      const issued = await Promise.all(
        Object.entries(links).map(async ([name, { link, ...form }]) => ({
          name,
          ...form,
          secret: await issue(email, link)
        }))
      )
      for (const { name, path, secret } of issued) { t.equal((await new Browser().get(`${url}${path}?link=${secret}`)).status, 200, `${name}: good before`) }
      await work(server, email, browser)
      const before = await Array.fromAsync(server.app.storage.collection('account').all())
      for (const { name, path, secret, fields } of issued) {
        t.match(
          await new Browser().get(`${url}${path}?link=${secret}`),
          { status: 400, text: /invalid_request/ },
          `${name}: shows nothing`
        )
        t.match(
          await new Browser().post(url + path, { ...fields, link: secret }),
          { status: 400, text: /invalid_request/ },
          `${name}: does nothing`
        )
      }
      t.same(await Array.fromAsync(server.app.storage.collection('account').all()), before, 'no account was changed')
      t.equal(await accounts.find(parseEmail('elsewhere@example.org')), undefined)
    })
  }
})

storageTest(
  'a link is of one purpose, whole, and good for half an hour; of many who open it one gets what it is for (AC-03)',
  async (t, start) => {
    const clock = { now: 1_800_000_000 }
    const server = await start({ now: () => clock.now })
    const { make, issue } = accountsOf(server)
    for (const [name, { path, fields, link }] of Object.entries(links)) {
      await t.test(name, async (t) => {
        const email = `${randomUUID()}@example.com`
        await make(email)
        const secret = await issue(email, link)
        const open = (secret: string, path: string) =>
          new Browser().post(server.url + path, { ...fields, password: NEXT, link: secret })
        for (const other of Object.values(links)) { if (other.path !== path) t.equal((await open(secret, other.path)).status, 400, `not at ${other.path}`) }
        for (const wrong of [
          '',
          'x',
          secret.slice(0, -1),
          `${secret.startsWith('A') ? 'B' : 'A'}${secret.slice(1)}`,
          secret + secret,
          'x'.repeat(5_000),
          server.app.sealing.seal('sign-in step', Buffer.from('{}'))
        ]) {
          t.equal((await open(wrong, path)).status, 400, wrong.slice(0, 12))
        }
        clock.now += 1_799
        t.equal((await new Browser().get(`${server.url}${path}?link=${secret}`)).status, 200)
        clock.now += 1
        t.equal((await open(secret, path)).status, 400, 'half an hour later')
        const fresh = await issue(email, link)
        const answers = await Promise.all(Array.from({ length: 5 }, () => open(fresh, path)))
        t.equal(answers.filter(({ status }) => status === 200).length, 1, 'of five at once, one')
        t.equal((await open(fresh, path)).status, 400, 'and none afterwards')
      })
    }
  }
)

storageTest('a link made for an account that is locked does nothing until it is unlocked (AC-03)', async (t, start) => {
  const server = await start()
  const { url, app } = server
  const { accounts, make, issue } = accountsOf(server)
  for (const [name, { path, fields, link }] of Object.entries(links)) {
    const email = `${randomUUID()}@example.com`
    await make(email)
    const { id } = (await Array.fromAsync(app.signIn.lifecycle.all())).find((one) => one.email === email)!
    await app.signIn.lifecycle.lock(id)
    const [secret, before] = [await issue(email, link), await accounts.find(parseEmail(email))]
    t.match(
      await new Browser().post(url + path, { ...fields, link: secret }),
      { status: 400, text: /invalid_request/ },
      name
    )
    t.same(await accounts.find(parseEmail(email)), before, `${name}: nothing was changed`)
    await app.signIn.lifecycle.unlock(id)
    t.equal((await new Browser().post(url + path, { ...fields, link: secret })).status, 200, `${name}: unlocked`)
  }
})

t.test('a link that an owner was given counts while they are one; one of a command always does (AD-06)', async (t) => {
  const server = await startServer(t)
  const { app } = server
  const { accounts, make } = accountsOf(server)
  const owner = await ownerOf(server)
  await make('ann@example.com')
  const account = (await accounts.find(parseEmail('ann@example.com')))!
  const asked = { purpose: 'reset', backend: 'local', account, by: 'operator' } as const
  const links = [
    await app.accountLinks.issue({ ...asked, owner: owner.id }),
    await app.accountLinks.issue(asked)
  ]
  const good = () =>
    Promise.all(links.map(async (link) => !!(await app.accountLinks.find('reset', link))))
  t.same(await good(), [true, true])
  await app.signIn.lifecycle.lock(owner.id)
  t.same(await good(), [false, true])
})
