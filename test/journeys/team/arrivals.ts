// How a team comes in: its owner by the printed link, everybody else by a message that the owner has sent.
import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { ann as octocat } from '../../helpers/github.ts'
import { addAuthenticator, addDevice, follow, heading, look, press, typeAccount } from './people.ts'
import { GROUP, type Team } from './place.ts'

export const OWNER = 'olga@example.com'

/** By the link that the start printed; from then on by a passkey alone. */
export async function enterAsOwner (t: Test, { url, open, firstLink, mailTo }: Team): Promise<Page> {
  const page = await open('en')
  await addDevice(page)
  await page.goto(firstLink)
  await look(page, '01-first-account')
  await typeAccount(page, OWNER, 'Olga')
  await heading(page, 'Check your email')
  await look(page, '02-check-mail')
  await page.goto((await mailTo(OWNER)).link)
  await look(page, '03-confirm')
  await press(page, 'Yes, confirm it')
  await page.getByRole('heading', { name: 'Your address is confirmed' }).waitFor()
  await page.goto(`${url}/account`)
  await look(page, '04-sign-in')
  await typeAccount(page, OWNER)
  await heading(page, 'Your account')
  await look(page, '05-account')

  await follow(page, 'Set up a second factor')
  await follow(page, 'Add a passkey')
  await look(page, '06-add-passkey')
  await page.getByLabel('Name').fill('Laptop of Olga')
  await press(page, 'Make the passkey')
  await heading(page, 'Your recovery codes')
  await look(page, '07-recovery-codes')
  t.ok((await page.locator('pre.recovery').textContent())!.split('\n').length >= 8)
  await follow(page, 'I have saved them')
  await page.getByRole('heading', { name: 'Laptop of Olga' }).waitFor()
  await look(page, '08-second-factors')

  await page.goto(`${url}/account`)
  await press(page, 'Sign out')
  await page.goto(`${url}/account`)
  await look(page, '09-sign-in-with-passkey')
  await press(page, 'Sign in with a passkey')
  await heading(page, 'Your account')
  await page.goto(`${url}/admin`)
  await look(page, '10-admin')
  t.equal(new URL(page.url()).pathname, '/admin', 'the passkey counts as a second factor')
  return page
}

async function invite (t: Test, { url, mailTo }: Team, page: Page, email: string, language: string, groups = '') {
  await page.goto(`${url}/admin/invitations`)
  await page.getByLabel('Email address').fill(email)
  await page.getByLabel('Groups').fill(groups)
  await page.getByLabel('Language of the message').selectOption(language)
  await look(page, '10-invitations')
  await press(page, 'Invite')
  await page.getByText('The invitation was sent.').waitFor()
  const { subject, text, link } = await mailTo(email)
  t.match(subject, language === 'de' ? 'Sie sind eingeladen' : 'You are invited')
  t.match(text, language === 'de' ? 'Olga lädt Sie zu Harbour' : 'Olga invites you to Harbour')
  return link
}

export async function invitePeople (t: Test, team: Team, owner: Page) {
  const { url, open, github, partners } = team
  const link = {
    gina: await invite(t, team, owner, 'gina@example.com', 'en'),
    otto: await invite(t, team, owner, 'otto@partner.example', 'de'),
    ann: await invite(t, team, owner, 'ann@example.com', 'en', GROUP),
    greta: await invite(t, team, owner, 'greta@example.com', 'de')
  }
  github.person = { ...octocat, login: 'gina', name: 'Gina', emails: [{ email: 'gina@example.com', primary: true, verified: true }] }
  const gina = await open('en')
  await gina.goto(link.gina)
  await look(gina, '11-invited')
  await follow(gina, 'use an account you already have')
  await look(gina, '12-invited-ways')
  await press(gina, /Continue with GitHub/)
  await gina.waitForURL(`${url}/`)
  await look(gina, '13-home')

  partners.people['otto'] = { email: 'otto@partner.example', email_verified: true, name: 'Otto' }
  const otto = await open('de-DE')
  await otto.goto(link.otto)
  await follow(otto, 'mit einem anderen Konto')
  t.equal(await otto.title(), 'Anmelden – Harbour')
  await look(otto, '14-invited-ways-de')
  await press(otto, 'Weiter mit Partners')
  await otto.getByLabel('Name').fill('otto')
  await press(otto, 'Continue')
  await otto.waitForURL(`${url}/`)

  const ann = await open('en')
  await ann.goto(link.ann)
  await typeAccount(ann, 'ann@example.com', 'Ann')
  await ann.waitForURL(`${url}/`)
  const nextCode = await addAuthenticator(team, ann)
  await ann.goto(`${url}/account`)
  await press(ann, 'Sign out')
  await ann.goto(`${url}/account`)
  await typeAccount(ann, 'ann@example.com')
  await heading(ann, 'Confirm that it is you')
  await look(ann, '15-factor')
  await ann.getByLabel('Code').fill(nextCode())
  await press(ann, 'Continue')
  await heading(ann, 'Your account')

  const greta = await open('de-DE')
  await greta.goto(link.greta)
  t.equal(await greta.title(), 'Konto erstellen – Harbour')
  t.match(await greta.textContent('main'), 'Olga lädt Sie zu Harbour ein.')
  await look(greta, '16-invited-de')
  await greta.getByLabel('Passwort').waitFor()
  await greta.getByRole('button', { name: 'Konto erstellen' }).waitFor()
  await typeAccount(greta, 'greta@example.com', 'Greta')
  await greta.waitForURL(`${url}/`)
  return { gina, otto, ann, greta }
}
