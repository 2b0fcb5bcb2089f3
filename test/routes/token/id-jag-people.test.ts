// Whom an organization's assertion lets in, and as whom: people by issuer and subject, joined by an address of its own
// domains only (EM-08..10).
import t, { type Test } from 'tap'
import { Browser } from '../../helpers/browser.ts'
import { nothingGrows } from '../../helpers/nothing-grows.ts'
import { ping } from '../../helpers/oauth.ts'
import { present, startOrganization, type Signing } from '../../helpers/organization.ts'
import { startServer } from '../../helpers/server.ts'
import { startSmtp } from '../../helpers/smtp.ts'
import { service } from '../../helpers/vouching-service.ts'

/** A server where people also sign in at a service that vouches for their addresses. */
async function start (t: Test, env: Record<string, string> = {}) {
  const organization = await startOrganization(t)
  const backend = await service(t)
  const variables: Record<string, string> = { AUTH_BACKEND: backend, ...organization.env, ...env }
  const server = await startServer(t, { env: variables })
  const { url, app } = server
  return {
    ...server,
    server,
    variables,
    organization,
    backend,
    present: async (signing?: Signing) => present(url, await organization.sign(url, signing)),
    people: async () => Array.fromAsync(app.signIn.lifecycle.all()),
    async signIn (email: string) {
      const browser = new Browser()
      const login = await browser.get(`${url}/login`)
      await browser.submit(login, ({ fields }) => fields['backend'] === backend, { email, password: 'x' })
      return { browser }
    }
  }
}
const of = (email: string | undefined, more = {}): Signing => ({ claims: { email, ...more } })
const tokenOf = ({ body }: { body: Record<string, unknown> }) => body['access_token'] as string

t.test('a person is known by issuer and subject, whatever the address is by now', async (t) => {
  const { present, people } = await start(t)
  t.equal((await present()).status, 200)
  t.equal((await present(of('ann.smith@acme.example'))).status, 200)
  t.equal((await present(of(undefined, { name: undefined }))).status, 200)
  const [ann, ...others] = await people()
  t.same(others, [])
  t.match(ann, { name: 'Ann Smith', email: 'ann.smith@acme.example', emailVerified: true }, 'what is left out stays')
  await present(of('ann.smith@acme.example', { sub: 'bob at acme' }))
  await present(of(undefined, { sub: 'carl at acme' }))
  t.equal((await people()).length, 3, 'nor is who is given the address of one who left that person')
})

t.test('an account with a proven address of the domain is joined, and its owner learns of it (EM-08)', async (t) => {
  const smtp = await startSmtp()
  t.teardown(() => smtp.stop())
  const mail = { SMTP_URL: smtp.url, MAIL_FROM: 'Server <mcp@example.com>' }
  const { present, people, signIn, app, organization } = await start(t, mail)
  await signIn('ann@acme.example')
  t.equal((await present()).status, 200)
  const [ann, ...others] = await people()
  t.same(others, [])
  t.same(ann!.identities.map(({ email }) => email), ['ann@acme.example', 'ann@acme.example'])
  await app.mail.idle()
  t.match(smtp.messages, [{ to: 'ann@acme.example', text: /Your organization now connects apps[^]*127\.0\.0\.1/ }])
  const events = await app.audit.ofUser(ann!.id, 10)
  t.match(events.find(({ event }) => event === 'account_changed'), { reason: 'way added', backend: `id-jag ${organization.issuer}` })
  t.match(events.find(({ event }) => event === 'token'), { client: 'assistant', clientName: 'Assistant' })
  await present()
  t.equal((await app.audit.ofUser(ann!.id, 10)).filter(({ event }) => event === 'account_changed').length, 1, 'once')
})

t.test('a mailbox that was given to a successor leads to their record at the pages (EM-08)', async (t) => {
  const { present, people, signIn, url } = await start(t)
  await present()
  await present(of('ann@acme.example', { sub: 'successor' }))
  const [leaver, successor] = (await people()).sort((a, b) => a.createdAt - b.createdAt)
  t.match(leaver, { email: 'ann@acme.example', emailVerified: undefined })
  const { browser } = await signIn('ann@acme.example')
  t.match((await browser.get(`${url}/account`)).url, '/account')
  const after = await people()
  const methodsOf = (id: string) => after.find((one) => one.id === id)!.identities.length
  t.same([methodsOf(leaver!.id), methodsOf(successor!.id)], [1, 2])
})

t.test('an address outside its domains, or one that the issuer denies, joins and proves nothing (EM-08)', async (t) => {
  const { present, people, signIn } = await start(t)
  await signIn('owner@other.example')
  await signIn('ann@acme.example')
  const [owner, ann] = await people()
  for (const [sub, email, more] of [
    ['1', 'owner@other.example', {}],
    ['2', 'owner@other.example', { email_verified: true }],
    ['3', 'owner@sub.acme.example', {}],
    ['4', 'owner@other.example@acme.example', {}],
    ['5', 'ann@acme.example', { email_verified: false }],
    ['6', 'not an address', {}]
  ] as const) {
    t.equal((await present(of(email, { sub, ...more }))).status, 200)
    const known = await people()
    const joined = known.filter(({ id }) => [owner!.id, ann!.id].includes(id)).filter(({ identities }) => identities.length > 1)
    t.same(joined, [], email)
    const own = known.find(({ identities }) => identities.some(({ subject }) => subject === sub))!
    t.not(own.emailVerified, true, email)
  }
  t.equal((await people()).length, 8)
})

t.test('who is kept out gets no token, and nothing is written (EM-09)', async (t) => {
  const refused = { status: 400, body: { error: 'invalid_grant' } }
  const invited = await start(t, { SIGNUP: 'closed' })
  await nothingGrows(t, invited.server, 'no invitation', async () => {
    t.match(await invited.present(of('ann@other.example')), refused)
    t.match(await invited.present(of(undefined)), refused)
  })
  const first = await invited.app.signIn.invitations.inviteFirst()
  t.equal((await invited.present()).status, 200, 'the domain that the operator listed is the invitation')
  t.equal(await invited.app.signIn.invitations.isValid(first), true, 'and the first account can still be made')

  const listed = await start(t, { ALLOWED_EMAILS: 'ann@acme.example,@other.example' })
  await nothingGrows(t, listed.server, 'not on the list', async () => {
    t.match(await listed.present(of('bob@acme.example')), refused)
    t.match(await listed.present(of('ann@other.example')), refused, 'the issuer cannot prove this address')
  })
  t.equal((await listed.present()).status, 200)
  const [ann] = await listed.people()
  await listed.app.signIn.lifecycle.lock(ann!.id)
  await nothingGrows(t, listed.server, 'locked', async () => {
    t.match(await listed.present(), refused)
    t.match(await listed.present({ claims: { sub: 'ann with another subject' } }), refused, 'nor by the address')
  })
  await listed.app.signIn.lifecycle.unlock(ann!.id)
  t.equal((await listed.present()).status, 200)
})

t.test('a token ends with the lock, the deletion and the removal of the way it came by (EM-10)', async (t) => {
  const { present, people, app, url } = await start(t)
  const connect = async () => {
    const token = tokenOf(await present())
    t.equal(await ping(url, token), 200)
    const [person] = await people()
    return { token, id: person!.id }
  }
  for (const end of ['lock', 'delete', 'disconnectApps'] as const) {
    const { token, id } = await connect()
    await app.signIn.lifecycle[end](id)
    t.equal(await ping(url, token), 401, end)
    await app.signIn.lifecycle.unlock(id)
  }
})

t.test('whoever is deleted while their organization connects an app leaves no list of apps (AC-34)', async (t) => {
  const { present, app } = await start(t)
  const { issueByOrganization } = app.grants
  app.grants.issueByOrganization = async (allowed) => {
    await app.signIn.lifecycle.delete(allowed.user.id)
    return issueByOrganization(allowed)
  }
  t.match(await present(), { status: 400, body: { error: 'invalid_grant' } })
  for (const kind of ['grant', 'grantList', 'connectedClients', 'user']) {
    t.same(await Array.fromAsync(app.storage.collection(kind).all()), [], kind)
  }
})

t.test('of an issuer that is no longer configured nothing counts, until it is again (EM-10)', async (t) => {
  const { present, signIn, url, server, variables } = await start(t)
  const token = tokenOf(await present())
  const issuers = variables['ID_JAG_ISSUERS']!
  variables['ID_JAG_ISSUERS'] = '[{"issuer":"https://other.example","domains":["acme.example"]}]'
  await server.restart()
  t.equal(await ping(url, token), 401)
  await signIn('ann@acme.example')
  const kept = await Array.fromAsync(server.app.signIn.lifecycle.all())
  t.same(kept.map(({ identities }) => identities.length), [1, 1], 'it vouches for no address at the pages')
  variables['ID_JAG_ISSUERS'] = issuers
  await server.restart()
  t.equal(await ping(url, token), 200)
  t.equal((await present()).status, 200)
})

t.test('each hour is the same connection, which the person sees and ends on the account page', async (t) => {
  const { present, signIn, url } = await start(t)
  const { browser } = await signIn('ann@acme.example')
  const tokens = [tokenOf(await present()), tokenOf(await present())]
  const account = await browser.get(`${url}/account`)
  t.equal(account.text.match(/Connected by your organization/g)?.length, 1)
  t.notMatch(account.text, 'Expires')
  t.match(account.text, /Your organization \(127\.0\.0\.1:\d+\): ann@acme\.example/)
  t.match(account.text, 'Assistant was connected by your organization')
  t.match(account.text, 'Assistant renewed its access')
  await browser.submit(account, ({ fields }) => fields['app'] !== undefined)
  t.same(await Promise.all(tokens.map((token) => ping(url, token))), [401, 401])
  t.equal(await ping(url, tokenOf(await present())), 200, 'until the organization connects it again')
})

t.test('who was first connected by the organization signs in to the same account later', async (t) => {
  const { present, people, signIn, app, url } = await start(t, { SIGNUP: 'closed' })
  await present()
  const { browser } = await signIn('ann@acme.example')
  t.match((await browser.get(`${url}/account`)).text, 'Connected by your organization')
  const [ann, ...others] = await people()
  t.same(others, [])
  t.equal(ann!.identities.length, 2)
  t.match((await app.audit.ofUser(ann!.id, 10)).map(({ event }) => event).sort(), ['account_changed', 'sign_in', 'token'])
  await app.signIn.lifecycle.lock(ann!.id)
  await present({ claims: { sub: 'bob', email: 'bob@acme.example' } })
  const taken = of('ann@acme.example', { sub: 'bob' })
  t.equal((await present(taken)).status, 400, 'nor by another account')
  const bob = (await people()).find(({ id }) => id !== ann!.id)!
  await app.signIn.lifecycle.lock(bob.id)
  await signIn('bob@acme.example')
  t.equal((await app.signIn.lifecycle.find(bob.id))!.identities.length, 1, 'nothing is added to a locked account')
})
