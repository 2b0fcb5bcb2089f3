// What the operator or an owner does to somebody's account, and that they are told.
import t from 'tap'
import { personAt } from '../../helpers/factor-pages.ts'
import { signedUpOwner } from '../../helpers/owners.ts'
import { appOf } from '../../helpers/second-factors.ts'
import { startServer } from '../../helpers/server.ts'
import { startSmtp } from '../../helpers/smtp.ts'
import { storageTest } from '../../helpers/storages.ts'
import { afterNextChange, lastingUsers } from '../../helpers/users.ts'
import { service } from '../../helpers/vouching-service.ts'

const smtp = await startSmtp()
t.teardown(() => smtp.stop())

storageTest('whoever loses their second factors to the operator learns it by mail', async (t, start) => {
  const ann = await personAt(t, start, smtp)
  const { app, user } = ann
  await ann.addApp()
  await app.administration.removeFactors({ by: 'operator' }, user.id)
  t.strictSame(await app.secondFactors.list(user.id), [])
  t.equal((await ann.subjects()).at(-1), 'Your second factors were removed by the operator')
  const events = await app.audit.ofUser(user.id, 1)
  t.match(events, [{ event: 'factor_removed', by: 'operator', reason: 'all' }])
})

storageTest('who came in by second factors is out once the operator has removed them, and adds none meanwhile (AC-32)', async (t, start) => {
  const ann = await personAt(t, start, smtp)
  const { app, user, browser, clock } = ann
  await ann.addApp()
  t.ok(await ann.isIn(browser))
  afterNextChange(app, () => appOf(app.secondFactors, user, clock.now, 'Another'))
  await app.administration.removeFactors({ by: 'operator' }, user.id)
  t.strictSame(await app.secondFactors.list(user.id), [])
  t.notOk(await ann.isIn(browser))
})

storageTest('a link for a new password that an owner has handed out ends with their place (AD-06)', async (t, start) => {
  const server = await start({ env: { AUTH_BACKEND: 'local', SIGNUP: 'open' } })
  const { app } = server
  const owner = await signedUpOwner(server)
  const other = await signedUpOwner(server, 'other@example.com')
  const linkBy = async (by: string) => {
    const result = await app.administration.resetPassword({ by }, other.id)
    const { link } = result as { link: string }
    return new URL(link).searchParams.get('link')!
  }
  const byOwner = await linkBy(owner.id)
  const byOperator = await linkBy('operator')
  const isValid = async (link: string) =>
    (await app.accountLinks.find('reset', link)) !== undefined
  t.same([await isValid(byOwner), await isValid(byOperator)], [true, true])
  await app.administration.unmakeOwner({ by: other.id }, owner.id)
  t.same([await isValid(byOwner), await isValid(byOperator)], [false, true])
})

t.test('a person is in at most 500 groups', async (t) => {
  const server = await startServer(t, { env: { AUTH_BACKEND: 'local', SIGNUP: 'open' } })
  const { app } = server
  const { id } = await signedUpOwner(server)
  const names = Array.from({ length: 499 }, (_, n) => `group ${n}`)
  await app.signIn.lifecycle.changeGroups(id, () => names)
  const { administration } = app
  const add = (group: string) => administration.addToGroup({ by: 'operator' }, id, group)
  t.equal((await add('the last')).groups?.length, 500)
  await t.rejects(add('one more'), { message: /500 groups/ })
  const user = await app.signIn.lifecycle.find(id)
  t.same(user?.groups, [...names, 'the last'])
})

t.test('a group that a service says somebody is in is removed there, and one they are not in nowhere', async (t) => {
  const path = await service(t)
  const { app } = await startServer(t, { env: { AUTH_BACKEND: path } })
  const { administration, signIn, audit } = app
  const { id } = await lastingUsers(app).signIn(path, {
    subject: 'ann', groups: ['staff']
  })
  const remove = (group: string) =>
    administration.removeFromGroup({ by: 'operator' }, id, group)
  const code = 'invalid_request'
  const said = new RegExp(`in staff because ${path} says so`)
  await t.rejects(remove('staff'), { code, message: said })
  await t.rejects(remove('other'), { code, message: /not put in other/ })
  t.match((await signIn.lifecycle.find(id))?.identities, [{ groups: ['staff'] }])
  t.same(await audit.ofUser(id, 9), [])
})

t.test('who has no password here gets no link for a new one', async (t) => {
  const { app } = await startServer(t)
  const { id } = await lastingUsers(app).signIn('demo', { subject: 'ann' })
  await t.rejects(app.administration.resetPassword({ by: 'operator' }, id), {
    code: 'invalid_request', statusCode: 400, message: /no password here/
  })
  const links = app.storage.collection('accountLink')
  t.same(await Array.fromAsync(links.all()), [])
  t.same(await app.audit.ofUser(id, 9), [])
})

storageTest('where mail is sent, the link for a new password goes to the person, and is shown to nobody', async (t, start) => {
  const { app, user, email, linkTo } = await personAt(t, start, smtp)
  const sent = smtp.messages.length
  const by = { by: 'operator' }
  const result = await app.administration.resetPassword(by, user.id)
  t.same(result, { sentTo: email })
  const link = new URL((await linkTo(email, sent))!).searchParams.get('link')!
  t.ok(await app.accountLinks.find('reset', link))
  const events = await app.audit.ofUser(user.id, 1)
  t.match(events, [{ event: 'account_changed', reason: 'reset link' }])
})
