// Invitations for an address: by mail or handed over, for that person alone, with the groups they begin in.
import t from 'tap'
import { OPERATOR } from '../../../plugins/administration/contract.ts'
import { Browser } from '../../helpers/browser.ts'
import { PASSWORD, signedUpOwner } from '../../helpers/owners.ts'
import { person } from '../../helpers/person.ts'
import { startServer } from '../../helpers/server.ts'
import { startSmtp } from '../../helpers/smtp.ts'
import { storageTest } from '../../helpers/storages.ts'
import { service } from '../../helpers/vouching-service.ts'
import { address, startWithMail } from '../../helpers/with-mail.ts'

const smtp = await startSmtp()
t.teardown(() => smtp.stop())

const by = OPERATOR
const asked = (email?: string, groups: string[] = []) => ({ email, groups, language: 'en' as const })
const signUp = async (link: string, email?: string, browser = new Browser()) =>
  browser.submit(await browser.get(link), ({ action }) => action === '/signup', { ...(email !== undefined && { email }), password: PASSWORD })

storageTest('who opens the link of the mail has the account of that address, verified and in its groups; nobody else has it (AD-04)', async (t, start) => {
  const { app, url } = await startWithMail(smtp, start, { env: { AUTH_BACKEND: 'local', SIGNUP: 'invite' } })
  const ann = address(t, 'ann')
  const { invitation, link } = await app.administration.invite(by, { ...asked(ann, ['finance']), language: 'de' })
  t.equal(link, undefined, 'the inviter never sees the link')
  await app.mail.idle()
  const mail = smtp.messages.findLast(({ to }) => to === ann)!
  t.match(mail.text, /Sie sind zu/)
  const mailed = /https?:\/\/\S+\?invite=[\w.-]+/.exec(mail.text)![0]
  const page = await new Browser().get(mailed)
  t.match(page.text, new RegExp(`value="${ann}" readonly`))

  t.match(await signUp(mailed, address(t, 'eve')), { status: 400, text: /This invitation is for/ })
  t.same(await Array.fromAsync(app.storage.collection('account').all()), [], 'nothing was made')
  const browser = new Browser()
  t.equal((await signUp(mailed, undefined, browser)).status, 200)
  t.equal(
    (await browser.get(`${url}/account`)).url, `${url}/account`,
    'without another message'
  )
  const [user] = await Array.fromAsync(app.signIn.lifecycle.all())
  t.match(user, { email: ann, emailVerified: true, groups: ['finance'] })
  const used = await new Browser().get(mailed)
  t.match(used, { status: 403, text: /has been used or has expired|Sign in/ })

  t.match(await app.signIn.invitations.list(), [{ id: invitation.id, usedAt: Number, by: 'operator' }])
  await app.signIn.lifecycle.delete(user!.id)
  t.same(await app.signIn.invitations.list(), [], 'who leaves takes along what names them')
})

storageTest('a link that was handed over proves nothing of a mailbox, and one without an address is for anyone (AD-04)', async (t, start) => {
  const { app } = await start({ env: { AUTH_BACKEND: 'local', SIGNUP: 'invite', OWNER_EMAIL: 'ann@example.com' } })
  const { link } = await app.administration.invite(by, asked(' Ann@example.com'))
  await signUp(link!)
  const [ann] = await Array.fromAsync(app.signIn.lifecycle.all())
  t.match(ann, { email: 'ann@example.com' })
  t.notOk(ann!.emailVerified)
  t.equal(
    app.administration.isOwner(ann!), false,
    'and nobody becomes an owner by typing an address'
  )
  const open = await app.administration.invite(by, asked(undefined, ['research']))
  await signUp(open.link!, 'bob@example.com')
  const bob = (await Array.fromAsync(app.signIn.lifecycle.all())).find(({ email }) => email === 'bob@example.com')
  t.same(bob!.groups, ['research'])
})

storageTest('sent again, the link before is void; withdrawn, expired and used ones let nobody in, and are listed for a month (AD-04)', async (t, start) => {
  const clock = { now: 1_800_000_000 }
  const { app } = await start({ now: () => clock.now, env: { AUTH_BACKEND: 'local', SIGNUP: 'invite' } })
  const first = await app.administration.invite(by, asked('ann@example.com'))
  const second = await app.administration.resendInvitation(by, first.invitation.id)
  t.equal((await new Browser().get(first.link!)).status, 403)
  t.equal((await new Browser().get(second.link!)).status, 200)
  await app.administration.withdrawInvitation(by, first.invitation.id)
  t.equal((await new Browser().get(second.link!)).status, 403)
  await t.rejects(app.administration.withdrawInvitation(by, first.invitation.id), { code: 'invalid_request' })
  const withdrawn = await app.signIn.invitations.list()
  clock.now += 60
  await t.rejects(app.administration.resendInvitation(by, first.invitation.id), { code: 'invalid_request' })
  t.same(await app.signIn.invitations.list(), withdrawn, 'nor is it listed for longer')
  await app.administration.invite(by, asked())
  clock.now += 7 * 86_400
  t.equal((await app.signIn.invitations.list()).length, 2)
  clock.now += 30 * 86_400
  t.same(await app.signIn.invitations.list(), [])
  const refused = [asked('ann'), asked('ann@example.com', ['everyone']), asked(undefined, ['a@b'])]
  for (const wrong of refused) await t.rejects(app.administration.invite(by, wrong), { code: 'invalid_request' })
  t.same(await app.signIn.invitations.list(), [], 'a refusal makes none')
})

storageTest('nobody is invited who may not sign in (AD-04)', async (t, start) => {
  const { app } = await start({ env: { AUTH_BACKEND: 'local', SIGNUP: 'invite', ALLOWED_EMAILS: '@example.com' } })
  await t.rejects(
    app.administration.invite(by, asked('eve@other.example')),
    { code: 'invalid_request', message: /eve@other\.example/ }
  )
  t.same(await app.signIn.invitations.list(), [])
  t.ok((await app.administration.invite(by, asked('ann@example.com'))).link)
})

t.test('a person of a service needs the verified address that was invited; another one uses nothing up (AD-04)', async (t) => {
  const path = await service(t)
  const { app, url } = await startServer(t, { env: { AUTH_BACKEND: path, SIGNUP: 'invite' } })
  const { link } = await app.administration.invite(by, asked('ann@example.com', ['finance']))
  const enter = async (email: string) => {
    const browser = new Browser()
    const { fields } = (await browser.get(link!)).forms.find(({ action }) => action === '/signup')!
    const signIn = { interaction: fields['interaction']!, backend: path, email, password: 'x' }
    return (await browser.post(`${url}/login`, signIn)).status
  }
  t.same([await enter('bob@example.com'), await enter('typed ann@example.com')], [403, 403])
  t.same(await Array.fromAsync(app.signIn.lifecycle.all()), [])
  t.equal(await enter('ann@example.com'), 200)
  t.match(
    await Array.fromAsync(app.signIn.lifecycle.all()),
    [{ email: 'ann@example.com', groups: ['finance'] }]
  )
})

storageTest('the invitations of an owner who is locked, or no owner any more, let nobody in until another sends them again (AD-06)', async (t, start) => {
  const server = await start({ env: { AUTH_BACKEND: 'local', SIGNUP: 'open' } })
  const { app } = server
  const owner = await signedUpOwner(server)
  const other = await signedUpOwner(server, 'other@example.com')
  const made = await app.administration.invite(
    { by: owner.id },
    asked(undefined, ['finance'])
  )
  const secret = new URL(made.link!).searchParams.get('invite')!
  const isValid = () => app.signIn.invitations.isValid(secret)
  t.equal(await isValid(), true)
  await app.administration.lock({ by: other.id }, owner.id)
  t.equal(await isValid(), false)
  t.equal(await app.signIn.invitations.take(secret), undefined, 'nothing is used up')
  t.equal((await new Browser().get(made.link!)).status, 200)
  await app.administration.unlock({ by: other.id }, owner.id)
  t.equal(await isValid(), true, 'taken back, it was a mistake')
  await app.administration.unmakeOwner({ by: other.id }, owner.id)
  t.equal(await isValid(), false)
  const again = await app.administration.resendInvitation(
    { by: other.id },
    made.invitation.id
  )
  t.match(again.invitation, { by: other.id, groups: ['finance'] })
  t.equal((await new Browser().get(again.link!)).status, 200)
  await app.administration.delete({ by: 'operator' }, other.id)
  const last = new URL(again.link!).searchParams.get('invite')!
  t.equal(await app.signIn.invitations.isValid(last), false)
})

storageTest('whoever made an account by an invitation of an owner, and comes for the first time once that owner is none, needs another one (AD-21)', async (t, start) => {
  const clock = { now: Math.floor(Date.now() / 1000) }
  const { app, url, signIn, isIn, linkTo } = await startWithMail(smtp, start, { now: () => clock.now, env: { AUTH_BACKEND: 'local', SIGNUP: 'closed' } })
  const find = async (email: string) => (await Array.fromAsync(app.signIn.lifecycle.all())).find((user) => user.email === email)
  const make = async (by: { by: string }, email: string) => {
    const { link } = await app.administration.invite(by, asked(undefined, ['finance']))
    await signUp(link!, email)
    const browser = new Browser()
    await browser.submit(await browser.get((await linkTo(email))!), () => true)
  }
  await make(by, address(t, 'owner'))
  await signIn(address(t, 'owner'), PASSWORD)
  const owner = (await find(address(t, 'owner')))!.id
  await app.administration.makeOwner(by, owner)
  const [second, third] = [address(t, 'second'), address(t, 'third')]
  await make({ by: owner }, second)
  await make({ by: owner }, third)
  // What has been used makes way for what is open.
  for (const { id } of await app.signIn.invitations.list()) await app.storage.collection('invitation').delete(id)
  clock.now += 300 * 86_400
  await signIn(third, PASSWORD)
  t.match(await find(third), { groups: ['finance'] }, 'while the owner is one, they come whenever they like')
  await app.administration.lock(by, owner)

  const refused = await signIn(second, PASSWORD)
  t.match(refused, { status: 403, text: /New people need an invitation here/ })
  t.equal(await find(second), undefined)
  const { link } = await app.administration.invite(by, asked(second, ['research']))
  t.equal(link, undefined)
  await app.mail.idle()
  const mailed = /https?:\/\/\S+\?invite=[\w.-]+/.exec(smtp.messages.findLast(({ to }) => to === second)!.text)![0]
  const browser = new Browser()
  const page = await browser.get(mailed)
  const login = /href="([^"]*\/login\?interaction=[^"]+)"/.exec(page.text)![1]!.replaceAll('&amp;', '&')
  await browser.submit(
    await browser.get(new URL(login, url).href),
    ({ fields }) => 'password' in fields,
    { email: second, password: PASSWORD }
  )
  t.equal(await isIn(browser), true, 'by one of somebody who counts')
  t.match(await find(second), { groups: ['research'] })
  t.same(
    await Array.fromAsync(app.storage.collection('heldInvitation').all()),
    [],
    'nothing of the other is left'
  )
})

t.test('what is refused makes no invitation, and voids none (AD-04)', async (t) => {
  const server = await startServer(t, { env: { AUTH_BACKEND: 'local', SIGNUP: 'invite' } })
  const { administration, signIn, storage } = server.app
  const code = 'invalid_request'
  const many = Array.from({ length: 21 }, (_, n) => `group ${n}`)
  await t.rejects(
    administration.invite(by, asked(undefined, many)),
    { code, message: /20 groups/ }
  )
  t.same(await signIn.invitations.list(), [])
  t.ok(await administration.invite(by, asked(undefined, many.slice(1))))

  const { invitation, link } = await administration.invite(by, asked('ann@example.com'))
  // It was mailed, before the operator took the mail server away.
  const records = storage.collection<object>('invitation')
  const { id } = invitation
  await records.put(id, { ...await records.find(id), isMailed: true }, 900)
  await t.rejects(
    administration.resendInvitation(by, id),
    { code, message: /sends no mail now/ }
  )
  const secret = new URL(link!).searchParams.get('invite')!
  t.equal(await signIn.invitations.isValid(secret), true)
})

t.test('who lost their place while they invited has invited nobody (AD-06)', async (t) => {
  const server = await startServer(t, { env: { AUTH_BACKEND: 'local', SIGNUP: 'invite' } })
  const { administration, signIn, audit } = server.app
  const { id } = await person(server, 'ann@example.com')
  await t.rejects(
    administration.invite({ by: id }, asked('bob@example.com')),
    { code: 'access_denied', statusCode: 403 }
  )
  t.match(await signIn.invitations.list(), [{ by: id, isVoid: true }])
  t.same(await audit.ofUser(id, 9), [])
})
