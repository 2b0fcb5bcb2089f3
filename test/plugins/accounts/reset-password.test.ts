// A new password by a link ends what others may hold of the account (threats AC-03, AC-04).
// Links of an account: what voids them, how long they last, what a reset ends. A table of every link against every
// change that may come between (threats AC-03, AC-04, AC-05).
import { parseEmail } from '../../../auth-backends/contract.ts'
import { StorageUnavailable } from '../../../plugins/storage/contract.ts'
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Browser } from '../../helpers/browser.ts'
import { authorizeUrl, newClient, ping, pkce, post } from '../../helpers/oauth.ts'
import { passkeyOf } from '../../helpers/second-factors.ts'
import { startSmtp } from '../../helpers/smtp.ts'
import { storageTest } from '../../helpers/storages.ts'
import { folder } from '../../helpers/tool-context.ts'
import { PASSWORD, startWithMail } from '../../helpers/with-mail.ts'
import { accountsOf } from '../../helpers/local-accounts.ts'

const NEXT = 'seven loud badgers 17'

const smtp = await startSmtp()

t.teardown(() => smtp.stop())

async function secondBackend (t: Test): Promise<string> {
  const path = join(await folder(t), 'second.ts')
  await writeFile(
    path,
    `import { z } from ${JSON.stringify(import.meta.resolve('zod'))}
export default { env: z.object({}), open: () => ({ title: 'Second', password: { label: 'Name', verify: async ({ identifier, password }) => password === 'pw' ? { subject: identifier, name: identifier } : null } }) }
`
  )
  return path
}

storageTest(
  'a reset of an account that nobody has shown to own ends all that came before; of any other, what the person leaves ticked (AC-04)',
  async (t, start) => {
    const second = await secondBackend(t)
    const server = await start({ env: { AUTH_BACKEND: `local,${second}` } })
    const { url, app } = server
    const { accounts, make, issue } = accountsOf(server)

    for (const [name, isVerified, ticked, ended] of [
      ['never verified', false, {}, true],
      ['never verified, and nothing ticked', false, { apps: '', ways: '' }, true],
      ['verified, ticked', true, { apps: 'end', ways: 'remove' }, true],
      ['verified, not ticked', true, { apps: '', ways: '' }, false]
    ] as const) {
      await t.test(name, async (t) => {
        const email = `${randomUUID()}@example.com`
        const attacker = await make(email)
        const user = (await Array.fromAsync(app.signIn.lifecycle.all())).find((one) => one.email === email)!
        const login = await attacker.submit(
          await attacker.get(`${url}/account`),
          ({ action }) => action === '/account/sign-in'
        )
        await attacker.submit(
          await attacker.submit(login, ({ fields }) => fields['backend'] === second, {
            email: randomUUID(),
            password: 'pw'
          }),
          () => true
        )
        const client = await newClient(url)
        const { challenge, verifier } = pkce()
        const allow = async () => {
          const consent = await attacker.get(
            authorizeUrl(url, { client_id: client.client_id, code_challenge: challenge })
          )
          await attacker.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), {
            decision: 'allow'
          })
          return {
            ...client,
            grant_type: 'authorization_code',
            code: attacker.left!.searchParams.get('code')!,
            redirect_uri: 'https://app.example/callback',
            code_verifier: verifier
          }
        }
        const { body } = await post(`${url}/token`, await allow())
        const unredeemed = await allow()
        if (isVerified) await accounts.confirm((await accounts.find(parseEmail(email)))!)
        await passkeyOf(server, user)

        const page = await new Browser().get(
          `${url}/password/reset?link=${await issue(email, { purpose: 'reset', by: 'operator' })}`
        )
        t.equal(
          page.text.includes('Remove the other sign-in method'),
          isVerified,
          'asked, where there is something to decide'
        )
        t.equal(
          (
            await new Browser().post(`${url}/password/reset`, {
              link: page.forms[0]!.fields['link']!,
              password: NEXT,
              ...ticked
            })
          ).status,
          200
        )
        t.match((await attacker.get(`${url}/account`)).url, '/login', 'every session is over')
        const status = ended ? [401, 400, 400, 1] : [200, 200, 200, 2]
        t.same(
          [
            await ping(url, body['access_token'] as string),
            (
              await post(`${url}/token`, {
                ...client,
                grant_type: 'refresh_token',
                refresh_token: body['refresh_token'] as string
              })
            ).status,
            (await post(`${url}/token`, unredeemed)).status,
            (await app.signIn.lifecycle.find(user.id))!.identities.length
          ],
          status
        )
        t.equal(
          (await app.secondFactors.list(user.id)).length,
          isVerified ? 1 : 0,
          'a mailbox alone takes away no second factor of its owner, and leaves none of a stranger'
        )
        t.match(
          await accounts.find(parseEmail(email)), { verified: isVerified }, "an operator's link shows nothing of a mailbox"
        )
        t.equal((await app.signIn.lifecycle.find(user.id))!.emailVerified, undefined)
      })
    }
  }
)

storageTest(
  'a password that was shown before a reset signs nobody in after it, however far the sign-in had come (AC-05)',
  async (t, start) => {
    const second = join(await folder(t), 'vouching.ts')
    await writeFile(
      second,
      `import { z } from ${JSON.stringify(import.meta.resolve('zod'))}
export default { env: z.object({}), open: () => ({ title: 'Second', password: { label: 'Name', verify: async ({ identifier }) => ({ subject: 'of ' + identifier, email: identifier, emailVerified: true }) } }) }
`
    )
    const { url, app, signUp, linkTo, signIn } = await startWithMail(smtp, start, {
      env: { AUTH_BACKEND: `local,${second}` }
    })
    const local = app.signIn.backends.get('local')!
    const email = `${randomUUID()}@example.com`
    // The address is another person's already, so the first sign-in with the account waits for a decision.
    await new Browser().get(url)
    const owner = new Browser()
    await owner.submit(await owner.get(`${url}/login`), ({ fields }) => fields['backend'] === second, {
      email,
      password: 'x'
    })
    await signUp(email)
    await new Browser().get((await linkTo(email))!).then((page) => new Browser().submit(page, () => true))
    const thief = new Browser()
    const choice = await signIn(email, PASSWORD, thief)
    t.match(choice.url, '/login/account')
    const people = (await Array.fromAsync(app.signIn.lifecycle.all())).length
    await local.accounts!.setPassword((await local.accounts!.find(parseEmail(email)))!, NEXT, { verified: true })
    t.match(
      await thief.submit(choice, () => true, { decision: 'separate' }), { status: 400, text: /sign_in_expired/ }
    )
    t.match((await thief.get(`${url}/account`)).url, '/login')
    t.equal((await Array.fromAsync(app.signIn.lifecycle.all())).length, people, 'nobody was made')
  }
)

storageTest(
  'where storage fails in the middle of a reset, whoever signed up first keeps nothing (AC-04)',
  async (t, start) => {
    const server = await start({ env: { AUTH_BACKEND: 'local' } })
    const { url, app } = server
    const { accounts, make, issue } = accountsOf(server)
    const email = `${randomUUID()}@example.com`
    const attacker = await make(email)
    const user = (await Array.fromAsync(app.signIn.lifecycle.all())).find((one) => one.email === email)!
    await passkeyOf(server, user)
    const link = await issue(email, { purpose: 'reset', by: 'mail' })
    const { lifecycle } = app.signIn
    const { disconnectApps } = lifecycle
    lifecycle.disconnectApps = async () => {
      lifecycle.disconnectApps = disconnectApps
      throw new StorageUnavailable('away')
    }
    const reset = async (link: string) => {
      const { status } = await new Browser().post(`${url}/password/reset`, {
        link,
        password: NEXT
      })
      return status
    }
    t.equal(await reset(link), 503)
    t.match(await accounts.find(parseEmail(email)), { verified: false }, 'it is still nobody\'s')
    t.match((await attacker.get(`${url}/account`)).url, '/login')
    t.equal(await reset(await issue(email, { purpose: 'reset', by: 'mail' })), 200)
    t.match(await accounts.find(parseEmail(email)), { verified: true })
    t.same(await app.secondFactors.list(user.id), [])
  }
)
