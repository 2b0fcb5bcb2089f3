// The page of a person: what an owner does there is done at once, and said; what is dangerous is asked first, of somebody who
// has just proved who they are.
import type { Browser } from '../../helpers/browser.ts'
import { keyFor } from '../../helpers/access-keys.ts'
import {
  newClient,
  ping,
  post,
  walk
} from '../../helpers/oauth.ts'
import {
  act,
  PASSWORD,
  signedUp,
  signedUpOwner
} from '../../helpers/owners.ts'
import { appOf } from '../../helpers/second-factors.ts'
import { startSmtp } from '../../helpers/smtp.ts'
import { storageTest, type Start } from '../../helpers/storages.ts'
import { startWithMail } from '../../helpers/with-mail.ts'

async function place (start: Start) {
  const clock = { now: 1_800_000_000 }
  const server = await start({ now: () => clock.now, env: { AUTH_BACKEND: 'local' } })
  const { app, url } = server
  const owner = await signedUpOwner(server)
  const ann = await signedUp(server, 'ann@example.com')
  const personPage = (more = '') => owner.browser.get(`${url}/admin/person?person=${ann.id}${more}`)
  const find = () => app.signIn.lifecycle.find(ann.id)
  const isIn = async (browser: Browser) => (await browser.get(`${url}/account`)).url === `${url}/account`
  const events = async () => (await app.audit.ofUser(ann.id, 20)).filter(({ by }) => by === owner.id).map(({ event }) => event)
  return { ...server, clock, owner, ann, personPage, find, isIn, events }
}

storageTest('groups, sessions, apps and keys of a person are changed at once, and the page says so', async (t, start) => {
  const { app, url, owner, ann, personPage, find, isIn, events } = await place(start)
  const { form } = await walk(url, await newClient(url), {}, ann.browser)
  const access = (await post(`${url}/token`, form)).body['access_token'] as string
  const key = await keyFor({ app }, ann.id)

  const added = await act(owner.browser, await personPage(), 'group-add', { group: ' finance ' })
  t.match(added.text, /role="status">The group was added/)
  t.same((await find())!.groups, ['finance'])
  t.equal((await act(owner.browser, added, 'group-add', { group: 'everyone' })).status, 400)
  await act(owner.browser, added, 'group-remove')
  t.equal((await find())!.groups, undefined)

  t.match((await personPage()).text, />not yet</, 'an app without a call')
  t.equal(await ping(url, access), 200)
  await act(owner.browser, await personPage(), 'end-app')
  t.equal(await ping(url, access), 401)
  t.equal(await ping(url, key.secret), 200)
  await act(owner.browser, await personPage(), 'revoke-key')
  t.equal(await ping(url, key.secret), 401)

  t.equal(await isIn(ann.browser), true)
  await act(owner.browser, await personPage(), 'sign-out')
  t.equal(await isIn(ann.browser), false)
  t.equal(await isIn(owner.browser), true, 'nobody else')
  t.same(
    (await events()).sort(),
    ['account_changed', 'account_changed', 'key_revoked', 'revocation', 'sign_out_everywhere']
  )
})

storageTest('a person is locked, unlocked and deleted after a question, and deleted only where their address is typed (AD-02)', async (t, start) => {
  const { url, owner, ann, personPage, find, isIn, events } = await place(start)
  const question = await personPage('&ask=lock')
  t.match(question.text, /Lock the account of ann@example\.com\?/)
  t.equal((await find())!.locked, undefined, 'a question changes nothing')
  const locked = await act(owner.browser, question, 'lock')
  t.match(locked.text, /The account is locked/)
  t.same([(await find())!.locked, await isIn(ann.browser)], [true, false])
  await act(owner.browser, locked, 'unlock')
  t.equal((await find())!.locked, undefined)

  const asked = await personPage('&ask=delete')
  const refused = await act(owner.browser, asked, 'delete', { typed: 'bob@example.com' })
  t.same([refused.status, (await find())!.id], [400, ann.id])
  t.match(refused.text, /Nothing was deleted/)
  t.same(await events(), ['unlock', 'lock'])
  const deleted = await act(owner.browser, asked, 'delete', { typed: ' Ann@example.com' })
  t.equal(deleted.url, `${url}/admin/people?done=delete`)
  t.equal(await find(), undefined)
  t.notMatch(deleted.text, /ann@example\.com/)
})

storageTest('what is dangerous needs proof of the last five minutes, for the question and for the answer (AD-02)', async (t, start) => {
  const { url, clock, owner, personPage, find } = await place(start)
  const pages = new Map<string, Awaited<ReturnType<typeof personPage>>>()
  const asked = ['lock', 'delete', 'owner', 'reset']
  for (const name of asked) pages.set(name, await personPage(`&ask=${name}`))
  clock.now += 301
  t.equal((await personPage()).status, 200, 'who only looks is not asked')
  const before = await find()
  for (const name of asked) {
    t.match((await personPage(`&ask=${name}`)).url, /\/login\?interaction=/, name)
    const answer = await act(owner.browser, pages.get(name)!, name, { typed: 'ann@example.com' })
    t.match(answer.url, /\/login\?interaction=/, name)
    t.notMatch(answer.text, /\?link=/)
  }
  t.same(await find(), before)
  const signIn = await personPage('&ask=owner')
  const back = await owner.browser.submit(signIn, ({ fields }) => 'password' in fields, { email: 'owner@example.com', password: PASSWORD })
  t.match(back.url, `${url}/admin/person?person=`, 'and leads back to the question')
  t.match((await act(owner.browser, back, 'owner')).text, /is an owner now/)
  t.equal((await find())!.isOwner, true)
})

storageTest('what gives power needs such proof as well, though nothing is asked (AD-02)', async (t, start) => {
  const { url, clock, owner, personPage, find } = await place(start)
  const locked = await act(owner.browser, await personPage('&ask=lock'), 'lock')
  clock.now += 301
  const before = await find()
  const unlock = await act(owner.browser, locked, 'unlock')
  const added = await act(owner.browser, locked, 'group-add', { group: 'finance' })
  t.match([unlock.url, added.url], [/\/login\?interaction=/, /\/login\?interaction=/])
  t.same(await find(), before)
  const back = await owner.browser.submit(added, ({ fields }) => 'password' in fields, { email: 'owner@example.com', password: PASSWORD })
  t.match(back.url, `${url}/admin/person?person=`)
  t.match(back.text, 'value="finance"', 'what was typed is there again')
  await act(owner.browser, back, 'group-add')
  t.same((await find())!.groups, ['finance'])

  const member = await personPage()
  clock.now += 301
  const removed = await act(owner.browser, member, 'group-remove')
  t.match(removed.url, /\/login\?interaction=/, 'rules may take something away from a group (AD-22)')
  t.same((await find())!.groups, ['finance'])
  const again = await owner.browser.submit(removed, ({ fields }) => 'password' in fields, { email: 'owner@example.com', password: PASSWORD })
  t.match(again.text, 'spellcheck="false" value=""', 'it is not offered to be added')
  await act(owner.browser, again, 'group-remove')
  t.equal((await find())!.groups, undefined)
})

storageTest('a link for a new password is shown once; an owner cannot lock or delete themselves (AD-03)', async (t, start) => {
  const { url, app, owner, ann, personPage } = await place(start)
  const shown = await act(owner.browser, await personPage('&ask=reset'), 'reset')
  const link = /http[^<]*\?link=[\w-]+/.exec(shown.text)![0]
  t.equal(
    (await ann.browser.submit(await ann.browser.get(link), () => true, { password: 'seven loud badgers 17' })).status,
    200
  )
  const own = await owner.browser.get(`${url}/admin/person?person=${owner.id}`)
  t.notMatch(own.text, /ask=(?:lock|delete)/)
  for (const name of ['lock', 'delete', 'no-owner']) {
    const question = await owner.browser.get(`${url}/admin/person?person=${owner.id}&ask=${name}`)
    t.equal((await act(owner.browser, question, name, { typed: 'owner@example.com' })).status, 403, name)
  }
  t.match(await app.signIn.lifecycle.find(owner.id), { isOwner: true })
  t.equal((await owner.browser.get(`${url}/admin/person?person=nobody`)).status, 400)
})

storageTest('a person reads what an owner did with their account, not where the owner was (AD-20)', async (t, start) => {
  const { url, app, owner, ann, personPage } = await place(start)
  await act(owner.browser, await personPage(), 'group-add', { group: 'finance' })
  const lines = (await ann.browser.get(`${url}/account/activity.jsonl`)).text.trim().split('\n').map((line) => JSON.parse(line))
  const ofOwner = lines.filter(({ by }) => by === owner.id)
  t.match(ofOwner, [{ event: 'account_changed', reason: 'group added' }])
  t.same(Object.keys(ofOwner[0]).sort(), ['at', 'by', 'event', 'reason', 'user'])
  const [shown] = (await app.audit.ofUser(ann.id, 20)).filter(({ by }) => by === owner.id)
  t.equal(shown!.address, undefined, 'nor on the page')
  t.equal(lines.find(({ event }) => event === 'sign_in').address, '127.0.0.1', 'of their own they read it')
  const stored = (await app.audit.latest()).find(({ by }) => by === owner.id)
  t.equal(stored!.address, '127.0.0.1', 'and the operator reads both')
  await act(
    owner.browser,
    await owner.browser.get(`${url}/admin/person?person=${owner.id}`),
    'group-add',
    { group: 'finance' }
  )
  t.match(
    (await app.audit.ofUser(owner.id, 20)).find(({ by }) => by === owner.id),
    { address: '127.0.0.1' },
    'as owners do of what they did themselves'
  )
})

storageTest('of what an owner may do, that alone is offered which can be done to this person (AD-02)', async (t, start) => {
  const server = await start({ env: { AUTH_BACKEND: 'local', OWNER_EMAIL: 'named@example.com' } })
  const { app, url } = server
  const owner = await signedUpOwner(server)
  const ann = await signedUp(server, 'ann@example.com')
  const offered = async (id: string, as: object = {}) => {
    const { records } = app.userStore
    const before = (await records.find(id))!
    await records.update(id, () => ({ write: { record: { ...before, ...as }, ttl: null }, result: undefined }))
    const { text } = await owner.browser.get(`${url}/admin/person?person=${id}`)
    await records.update(id, () => ({ write: { record: before, ttl: null }, result: undefined }))
    return [...text.matchAll(/[?&](?:amp;)?ask=([\w-]+)/g)].map(([, name]) => name)
  }
  for (const [who, asks, expected] of [
    ['anybody', await offered(ann.id), ['reset', 'owner', 'lock', 'delete']],
    ['somebody locked', await offered(ann.id, { locked: true }), ['delete']],
    ['somebody whose account ends', await offered(ann.id, { endsAt: app.now() + 86_400 }), ['reset', 'lock', 'delete']],
    ['another owner', await offered(ann.id, { isOwner: true }), ['reset', 'no-owner', 'lock', 'delete']],
    ['an owner by OWNER_EMAIL', await offered(ann.id, { email: 'named@example.com', emailVerified: true, isOwner: true }), ['reset', 'lock', 'delete']],
    ['who is looking', await offered(owner.id), ['reset', 'no-owner']]
  ] as const) t.same(asks, expected, who)
})

storageTest('what nobody can do with a person is refused, as a question and as an act', async (t, start) => {
  const { owner, personPage, find, events } = await place(start)
  const page = await personPage()
  const before = await find()
  for (const name of ['made-up', '__proto__', 'constructor', 'sign-out ']) {
    const refused = { status: 400, text: /invalid_request/ }
    t.match(await personPage(`&ask=${encodeURIComponent(name)}`), refused, name)
    const answer = await act(owner.browser, page, 'sign-out', { act: name })
    t.match(answer, refused, name)
    t.match(answer.text, 'This form is not one of this page')
  }
  t.same([await find(), await events()], [before, []])
})

storageTest('an owner takes the second factors of a person away after a question', async (t, start) => {
  const { app, clock, owner, ann, personPage, find, events } = await place(start)
  await appOf(app.secondFactors, (await find())!, clock.now)
  const question = await personPage('&ask=factors')
  t.equal(await app.secondFactors.hasAny(ann.id), true, 'a question removes none')
  const done = await act(owner.browser, question, 'factors')
  t.match(done.text, /role="status">/)
  t.equal(await app.secondFactors.hasAny(ann.id), false)
  t.same(await events(), ['factor_removed'])
})

storageTest('with mail a link for a new password goes to the person alone', async (t, start) => {
  const smtp = await startSmtp()
  t.teardown(() => smtp.stop())
  const env = { AUTH_BACKEND: 'local' }
  const server = await startWithMail(smtp, start, { env })
  const { app, url, person, linkTo } = server
  const [browser] = [await person('owner@example.com'), await person('ann@example.com')]
  const people = await Array.fromAsync(app.signIn.lifecycle.all())
  const idOf = (email: string) => people.find((one) => one.email === email)!.id
  await app.signIn.lifecycle.setOwner(idOf('owner@example.com'), true)
  const sent = smtp.messages.length
  const path = `${url}/admin/person?person=${idOf('ann@example.com')}`
  const done = await act(browser, await browser.get(`${path}&ask=reset`), 'reset')
  t.match(done, { status: 200, url: `${path}&done=reset` })
  t.notMatch(done.text, '?link=')
  t.match(await linkTo('ann@example.com', sent), '/password/reset')
})
