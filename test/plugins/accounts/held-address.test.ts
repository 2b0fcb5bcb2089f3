// An address is one person's: whoever is locked does not come back by it, and nobody goes around a second factor by one
// more account with the same address.
import t, { type Test } from 'tap'
import { refuseHeld } from '../../../plugins/accounts/held-address.ts'
import { lastingUsers } from '../../helpers/users.ts'
import type { User } from '../../../plugins/sign-in/contract.ts'
import { Browser, type Page } from '../../helpers/browser.ts'
import { appOf } from '../../helpers/second-factors.ts'
import { startServer } from '../../helpers/server.ts'
import { service } from '../../helpers/vouching-service.ts'

const ANN = 'ann@example.com'

/** A server with two services that vouch for addresses, of which ann@example.com is to be an owner's. */
async function place (t: Test) {
  const [one, other] = [await service(t), await service(t)]
  const { url, app } = await startServer(t, { env: { AUTH_BACKEND: `${one},${other}`, OWNER_EMAIL: ANN } })
  const { lifecycle } = app.signIn
  const signIn = async (backend: string, email: string, browser = new Browser()): Promise<Page> => {
    const login = await browser.get(`${url}/login`)
    const isOf = ({ fields }: { fields: Record<string, string> }) => fields['backend'] === backend
    return browser.submit(login, isOf, { email, password: 'x' })
  }
  await signIn(one, ANN)
  const people = () => Array.fromAsync(lifecycle.all())
  const [ann] = await people()
  return { one, other, url, app, lifecycle, signIn, people, ann: ann! }
}

t.test('who is locked comes back by no other sign-in with their address, nor as an owner by OWNER_EMAIL (AC-17)', async (t) => {
  const { one, other, app, lifecycle, signIn, people, ann } = await place(t)
  await lifecycle.lock(ann.id)
  for (const [backend, name] of [[other, ANN], [one, `second ${ANN}`]] as const) {
    t.match(await signIn(backend, name), { status: 403, text: /This account is locked/ })
  }
  t.equal((await people()).length, 1)

  const work = { subject: 'a', email: 'ann@work.example', emailVerified: true }
  await lifecycle.unlock(ann.id)
  const users = lastingUsers(app)
  await users.link(ann.id, 'a third', work)
  await lifecycle.lock(ann.id)
  t.match(await signIn(other, work.email), { status: 403, text: /This account is locked/ }, 'nor by that of another method')

  await signIn(other, 'bob@example.com')
  const bob = (await people()).find(({ id }) => id !== ann.id)!
  const account = { subject: 's', email: bob.email!, verified: true, contested: false, generation: 0 }
  const change = { user: bob, account: { backend: other, accounts: {} as never, account }, to: ann.email!, verified: true }
  await t.rejects(
    app.accounts.changeAddress({} as never, {} as never, change),
    { code: 'access_denied', reason: 'locked' }
  )
})

t.test('an address counts as it is when somebody confirms that they add it, and not as it was when they were asked (AC-42)', async (t) => {
  const { one, other, url, app, lifecycle, signIn, people, ann } = await place(t)
  const browser = new Browser()
  await signIn(other, 'bob@example.com', browser)
  const bob = (await people()).find(({ id }) => id !== ann.id)!
  const asked = async () => {
    const question = await browser.get(url + app.paths.accountLink)
    const login = await browser.submit(question, ({ action }) => action === app.paths.accountLink)
    const isOf = ({ fields }: { fields: Record<string, string> }) => fields['backend'] === one
    return browser.submit(login, isOf, { email: `second ${ANN}`, password: 'x' })
  }
  const add = async (page: Page) => browser.submit(page, ({ action }) => action === app.paths.accountLinkAdd)
  const first = await asked()
  await lifecycle.lock(ann.id)
  t.match(await add(first), { status: 403, text: /This account is locked/ })
  await lifecycle.unlock(ann.id)
  const second = await asked()
  await appOf(app.secondFactors, (await lifecycle.find(ann.id))!, app.now())
  t.match(await add(second), { status: 403, text: /a second factor protects it/ })
  t.same((await lifecycle.find(bob.id))!.identities, bob.identities)
  await app.secondFactors.removeAll(ann.id)
  t.match(await add(await asked()), { status: 200 })
  t.equal((await lifecycle.find(bob.id))!.identities.length, 2)
})

t.test('nobody goes around a second factor by a separate account with the same address (FL-04)', async (t) => {
  const { one, other, app, lifecycle, signIn, people, ann } = await place(t)
  await appOf(app.secondFactors, ann, app.now())
  const browser = new Browser()
  const choice = await signIn(other, ANN, browser)
  t.match(choice, { status: 200, text: /Is this you/ })
  t.notMatch(choice.text, 'value="separate"', 'what would be refused is not offered')
  const refused = { status: 403, text: /a second factor protects it/ }
  t.match(
    await browser.submit(choice, () => true, { decision: 'separate' }),
    refused
  )
  t.match(await signIn(one, `second ${ANN}`), refused)
  t.same(await people(), [await lifecycle.find(ann.id)])
  const again = new Browser()
  const joining = await again.submit(await signIn(other, ANN, again), () => true, { decision: 'join' })
  t.match(joining, { status: 200, url: /\/login/ }, 'it can be joined by who shows it')

  await app.secondFactors.removeAll(ann.id)
  const separate = new Browser()
  const asked = await signIn(other, ANN, separate)
  t.match(
    await separate.submit(asked, () => true, { decision: 'separate' }),
    { status: 200 }
  )
  t.equal((await people()).length, 2)
})

t.test('each of two accounts keeps an address that both have (AC-17, FL-04)', async (t) => {
  const { one, other, app, lifecycle, signIn, people, ann } = await place(t)
  const browser = new Browser()
  await browser.submit(
    await signIn(other, ANN, browser),
    () => true,
    { decision: 'separate' }
  )
  const [second] = (await people()).filter(({ id }) => id !== ann.id)
  const { id } = second!
  const comes = () => signIn(one, `third ${ANN}`)
  await appOf(app.secondFactors, second!, app.now())
  t.match(await comes(), { status: 403 })
  await app.secondFactors.removeAll(id)
  await lifecycle.lock(id)
  t.match(await comes(), { status: 403 })
  await lifecycle.delete(ann.id)
  t.match(await comes(), { status: 403 })
  t.equal((await people()).length, 1)
})

t.test('what somebody has shown before stays theirs, and what nobody has proven is nobody\'s', async (t) => {
  const { app, ann } = await place(t)
  await appOf(app.secondFactors, ann, app.now())
  const { findHeld } = app.signIn
  const shown = { email: ANN, emailVerified: true }
  const bob: User = { ...ann, id: 'bob', email: 'bob@example.com' as never, identities: [] }
  t.equal(await findHeld(shown, undefined), 'second factor')
  t.equal(await findHeld({ ...shown, email: 'ANN@example.com ' }, bob), 'second factor', 'in any spelling')
  t.equal(await findHeld(shown, ann), undefined)
  t.equal(await findHeld(shown, { ...bob, identities: ann.identities }), undefined)
  t.equal(await findHeld({ ...shown, emailVerified: false }, bob), undefined)
  t.equal(await findHeld({ email: 'nobody@example.com', emailVerified: true }, bob), undefined)
  t.doesNotThrow(() => refuseHeld(undefined))
})
