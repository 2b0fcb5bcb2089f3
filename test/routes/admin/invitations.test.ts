// The page of invitations: made, shown once, sent again and withdrawn.
import { Browser, type Page } from '../../helpers/browser.ts'
import {
  act,
  PASSWORD,
  signedUpOwner
} from '../../helpers/owners.ts'
import { storageTest } from '../../helpers/storages.ts'

storageTest('without mail the link is shown once; the page lists what became of it', async (t, start) => {
  const server = await start({ env: { AUTH_BACKEND: 'local' } })
  const { url, app } = server
  const { browser, id } = await signedUpOwner(server)
  const page = await browser.get(`${url}/admin/invitations`)
  const shown = await act(browser, page, 'invite', { email: 'ann@example.com', groups: 'finance, research', language: 'ja' })
  const link = /http[^<]*\?invite=[\w.-]+/.exec(shown.text)![0]
  t.match(await new Browser().get(link), { status: 200, text: /invites you to/ })
  t.match(
    await app.signIn.invitations.list(),
    [{ email: 'ann@example.com', groups: ['finance', 'research'], language: 'ja', by: id }]
  )
  const listed = await browser.get(`${url}/admin/invitations`)
  t.notMatch(listed.text, link)
  const again = await act(browser, listed, 'resend')
  t.equal(await app.signIn.invitations.isValid(new URL(link).searchParams.get('invite')!), false)
  t.match(again.text, /shown only this once/)
  const withdrawn = await act(browser, await browser.get(`${url}/admin/invitations`), 'withdraw')
  t.match(withdrawn.text, /role="status">The invitation was withdrawn/)
  const refused = await act(browser, withdrawn, 'invite', { email: 'no address', groups: 'finance' })
  t.match(refused, { status: 400, text: /role="alert"[^>]*>Enter an email address/ })
  t.match(refused.text, 'value="no address"', 'what was typed stays')
  t.equal((await app.signIn.invitations.list()).length, 1)
})

storageTest('an invitation for anyone is made without an address; an act that is none does nothing', async (t, start) => {
  const server = await start({ env: { AUTH_BACKEND: 'local' } })
  const { url, app } = server
  const { browser } = await signedUpOwner(server)
  const page = await browser.get(`${url}/admin/invitations`)
  for (const name of ['made-up', '__proto__']) {
    const answer = await act(browser, page, 'invite', { act: name })
    t.match(answer, { status: 400, text: /invalid_request/ }, name)
  }
  t.same(await app.signIn.invitations.list(), [])
  const shown = await act(browser, page, 'invite', { email: '' })
  t.match(shown.text, /\?invite=/)
  t.match(shown.text, 'It lets one person create')
  const [made] = await app.signIn.invitations.list()
  t.equal(made!.email, undefined)
  t.match((await browser.get(`${url}/admin/invitations`)).text, 'Anyone with the link')
})

storageTest('who invites, or sends an invitation again, has proved a moment ago who they are (AD-02)', async (t, start) => {
  const clock = { now: 1_800_000_000 }
  const server = await start({ now: () => clock.now, env: { AUTH_BACKEND: 'local' } })
  const { url, app } = server
  const { browser } = await signedUpOwner(server)
  const open = `${url}/admin/invitations`
  await act(browser, await browser.get(open), 'invite', { email: 'ann@example.com' })
  const page = await browser.get(open)
  const before = await app.signIn.invitations.list()
  clock.now += 301
  t.match((await act(browser, page, 'resend')).url, /\/login\?interaction=/)
  const asked = await act(browser, page, 'invite', { email: 'bob@example.com', groups: 'finance', language: 'ja' })
  t.match(asked.url, /\/login\?interaction=/)
  t.same(await app.signIn.invitations.list(), before)
  const prove = (at: Page) => browser.submit(at, ({ fields }) => 'password' in fields, {
    email: 'owner@example.com',
    password: PASSWORD
  })
  const back = await prove(asked)
  t.match(back.text, 'value="ja" lang="ja" selected', 'what was typed is there again')
  await act(browser, back, 'invite')
  const expected = [{ email: 'bob@example.com', groups: ['finance'] }, { email: 'ann@example.com' }]
  const made = await app.signIn.invitations.list()
  t.match(made.sort((one, other) => other.email!.localeCompare(one.email!)), expected)
  clock.now += 301
  await act(browser, await browser.get(open), 'withdraw')
  t.equal(
    (await app.signIn.invitations.list()).some((one) => one.withdrawnAt !== undefined),
    true,
    'withdrawing gives nothing'
  )
  const long = { email: 'eve@example.com', groups: 'x'.repeat(2_100) }
  const late = await act(browser, await browser.get(open), 'invite', long)
  t.match(late.url, /\/login\?interaction=/)
  t.equal((await prove(late)).url, open, 'too long to be kept')
})

storageTest('the list names who made an invitation, also an owner who is gone: by their id, never as the operator (AD-23)', async (t, start) => {
  const server = await start({ env: { AUTH_BACKEND: 'local' } })
  const { url, app } = server
  const { browser } = await signedUpOwner(server)
  const other = await signedUpOwner(server, 'other@example.com')
  await act(
    other.browser,
    await other.browser.get(`${url}/admin/invitations`),
    'invite',
    { email: 'ann@example.com' }
  )
  const list = async () => (await browser.get(`${url}/admin/invitations`)).text
  t.match(await list(), 'other@example.com')
  await app.signIn.lifecycle.delete(other.id)
  t.match(await list(), other.id)
  t.notMatch(await list(), />Operator</)
})
