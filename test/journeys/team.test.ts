// A team from its first minute: the owner comes by the printed link, invites, helps somebody whose app does not connect, and
// sees somebody off; all of it on the pages, in Chromium.
import t, { type Test } from 'tap'
import type { Page } from 'playwright-core'
import { keyFor } from '../helpers/access-keys.ts'
import { launchChromium } from '../helpers/chromium.ts'
import { MODERN, modernBody, openStream } from '../helpers/mcp.ts'
import { ping, post } from '../helpers/oauth.ts'
import { storageTest } from '../helpers/storages.ts'
import { until } from '../helpers/until.ts'
import { enterAsOwner, invitePeople, OWNER } from './team/arrivals.ts'
import { beginApp, connectApp, follow, heading, look, press } from './team/people.ts'
import { GROUP, GROUP_TOOL, openTeam, type Team } from './team/place.ts'

const { browser, missing } = await launchChromium()
t.teardown(() => browser?.close())

storageTest('a team: its owner, four people in two languages, an app that fails, and a leaver', async (t, start) => {
  if (!browser) return t.comment(missing)
  const team = await openTeam(t, start, browser)
  const owner = await enterAsOwner(t, team)
  const people = await invitePeople(t, team, owner)
  await giveGroups(t, team, owner, people)
  await mendApp(t, team, owner, people.gina)
  await seeOff(t, team, owner, people.ann)
})

type People = Awaited<ReturnType<typeof invitePeople>>

async function giveGroups (t: Test, team: Team, owner: Page, { otto, ann, greta }: People): Promise<void> {
  const { url } = team
  const app = beginApp(team, 'Greta’s notebook')
  await app.ask(greta)
  await heading(greta, 'Greta’s notebook möchte auf Harbour zugreifen')
  t.equal(await greta.title(), 'Zugriff erlauben? – Harbour')
  await look(greta, '17-consent-de')
  await press(greta, 'Erlauben')
  const hers = await app.finish(greta)
  t.notOk((await hers.tools()).includes(GROUP_TOOL))

  await owner.goto(`${url}/admin/people`)
  await look(owner, '18-people')
  await follow(owner, 'Greta')
  await owner.getByLabel('Group', { exact: true }).fill(GROUP)
  await press(owner, 'Add')
  await owner.getByText('The group was added.').waitFor()
  await look(owner, '19-person')
  t.ok((await hers.tools()).includes(GROUP_TOOL))
  t.ok((await (await connectApp(team, ann, 'Ann’s terminal')).tools()).includes(GROUP_TOOL), 'by her invitation')
  t.same((await (await connectApp(team, otto, 'Otto’s editor', 'Erlauben')).tools()), ['fetch', 'search'])

  const refused = await otto.goto(`${url}/admin`)
  t.equal(refused!.status(), 403)
  await heading(otto, 'Diese Seite ist für Inhaber')
  await look(otto, '20-no-owner-de')
}

/** An app that names an address it did not register; the owner looks on. */
async function mendApp (t: Test, team: Team, owner: Page, gina: Page): Promise<void> {
  const { url, callback } = team
  await owner.goto(`${url}/admin/connections`)
  await owner.evaluate('globalThis.isSamePage = true')
  const row = owner.getByRole('row').filter({ hasText: 'Gina’s assistant' })
  t.equal(await row.count(), 0)
  const app = beginApp(team, 'Gina’s assistant')
  await app.ask(gina, `${callback}/old`)
  await look(gina, '21-wrong-redirect')
  await row.getByText('Failed').waitFor()
  await look(owner, '22-connections-failed')

  const story = await owner.context().newPage()
  await story.goto(url + await row.getByRole('link').getAttribute('href'))
  await heading(story, 'Gina’s assistant')
  t.match(await story.locator('.advice').textContent(), 'redirect_uri')
  await look(story, '23-story-failed')
  const report = story.getByRole('textbox', { name: 'Report to copy' })
  await report.selectText()
  const copied = String(await story.evaluate('getSelection().toString()'))
  t.match(copied, /Gina’s assistant[^]*redirect_uri/)
  t.notMatch(copied, /@|mcp_(?:ac|at|rt|cs)_|olga|gina@/i)

  await app.ask(gina)
  await press(gina, 'Allow')
  t.same((await (await app.finish(gina)).tools()), ['fetch', 'search'])
  await row.getByText('Connected').waitFor()
  await look(owner, '24-connections-connected')
  t.equal(await owner.evaluate('globalThis.isSamePage'), true, 'without a reload')
  await story.close()
}

/** Somebody leaves: the owner proves who they are, types whom they mean, and everything of theirs has ended. */
async function seeOff (t: Test, team: Team, owner: Page, ann: Page): Promise<void> {
  const { url, app, clock } = team
  const { keychain } = await connectApp(team, ann, 'Ann’s other terminal')
  const { access_token: access, refresh_token: refresh } = keychain.kept!
  const people = await Array.fromAsync(app.signIn.lifecycle.all())
  const idOf = (email: string) => people.find((user) => user.email === email)!.id
  const ownerId = idOf(OWNER)
  const { secret: key } = await keyFor(team, idOf('ann@example.com'))
  const stream = await openStream(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${access}`, 'mcp-protocol-version': MODERN, 'mcp-method': 'subscriptions/listen' },
    body: modernBody('subscriptions/listen', { notifications: { toolsListChanged: true } })
  })
  t.teardown(() => stream.leave())
  let hasEnded = false
  stream.ended.then(() => { hasEnded = true })
  await stream.until(1)
  t.same([await ping(url, access), await ping(url, key)], [200, 200])

  clock.ahead += 301
  await owner.goto(`${url}/admin/people`)
  await follow(owner, 'Ann')
  await follow(owner, 'Delete the account')
  await heading(owner, 'Confirm that it is you')
  await look(owner, '25-fresh-proof')
  await press(owner, 'Use a passkey')
  await heading(owner, 'Delete the account of Ann?')
  await look(owner, '26-delete')
  const typed = owner.getByLabel('Type ann@example.com to confirm')
  await typed.fill('anna@example.com')
  await press(owner, 'Delete the account')
  await owner.getByRole('alert').getByText('Nothing was deleted').waitFor()
  t.equal(await ping(url, access), 200)
  await typed.fill('ann@example.com')
  await press(owner, 'Delete the account')
  await owner.getByText('The account was deleted.').waitFor()
  await look(owner, '27-deleted')

  t.ok(await until(() => hasEnded), 'the open stream')
  t.same([await ping(url, access), await ping(url, key)], [401, 401])
  const { client_id: clientId } = keychain.clientInformation() as { client_id: string }
  const renewed = await post(`${url}/token`, { grant_type: 'refresh_token', refresh_token: refresh, client_id: clientId })
  t.match(renewed, { status: 400, body: { error: 'invalid_grant' } })
  await ann.goto(`${url}/account`)
  t.equal(new URL(ann.url()).pathname, '/login')
  const events = await app.audit.latest()
  t.match(events.find(({ event }) => event === 'account_deleted'), { by: ownerId })
  t.equal(events.filter(({ event, by }) => event === 'invitation_created' && by === ownerId).length, 4)
}
