// What people of a team do in their browsers: come in, keep second factors, connect an app.
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { addPasskeyDevice } from '../../helpers/chromium.ts'
import { Keychain, modern } from '../../helpers/sdk-client.ts'
import { codeAt } from '../../helpers/second-factors.ts'
import { PASSWORD } from '../../helpers/with-mail.ts'
import type { Team } from './place.ts'

const dialect = modern({ pin: '2026-07-28' }, 'SDK v2')
const { SCREENSHOTS } = process.env

/** Keeps what a page looks like, where SCREENSHOTS names a folder. */
export async function look (page: Page, name: string): Promise<void> {
  if (SCREENSHOTS === undefined) return
  const keep = (how: string) => page.screenshot({ path: join(SCREENSHOTS, `${name}-${how}.png`), fullPage: true })
  await keep('1280')
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.setViewportSize({ width: 390, height: 800 })
  await keep('390-dark')
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 1280, height: 800 })
}

export const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true }).click()
export const follow = (page: Page, name: string) => page.getByRole('link', { name, exact: true }).click()
export const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor()

/** Fills the form that makes an account, or that enters one. */
export async function typeAccount (page: Page, email: string, name?: string): Promise<void> {
  if (name !== undefined) await page.locator('input[name=name]').fill(name)
  const address = page.locator('input[name=email]')
  if (await address.isEditable()) await address.fill(email)
  await page.locator('input[type=password]').fill(PASSWORD)
  await page.locator('input[type=password]').press('Enter')
}

/** A device that waits for a button: what a field offers, it would answer unasked. */
export async function addDevice (page: Page): Promise<void> {
  await page.addInitScript('PublicKeyCredential.isConditionalMediationAvailable = async () => false')
  await addPasskeyDevice(page)
}

/** Sets an authenticator app up. @returns its codes, each of another half minute. */
export async function addAuthenticator ({ url, clock }: Team, page: Page): Promise<() => string> {
  await page.goto(`${url}/account/second-factors/app`)
  const secret = (await page.locator('.key code').textContent())!.replaceAll(' ', '')
  const nextCode = () => {
    clock.ahead += 30
    return codeAt(secret, clock.now())
  }
  await page.getByLabel('Name').fill('Phone')
  await page.getByLabel('Code from the app').fill(nextCode())
  await press(page, 'Set up the app')
  await heading(page, 'Your recovery codes')
  await follow(page, 'I have saved them')
  return nextCode
}

/** An app of the official SDK, as far as its person's browser. */
export function beginApp ({ url, callback }: Team, name: string) {
  const keychain = new Keychain()
  keychain.redirectUrl = callback
  keychain.clientMetadata = { ...keychain.clientMetadata, client_name: name, redirect_uris: [callback] }
  /** Sends its person to the server, to come back to `redirect`. */
  const ask = async (page: Page, redirect = callback) => {
    keychain.redirectUrl = redirect
    await dialect.connect(url, keychain).catch(() => {})
    await page.goto(keychain.asked!.href)
  }
  /** Each time as a client that was just opened: one that is open may keep its list for as long as the server says. */
  const tools = async () => {
    const client = await dialect.connect(url, keychain)
    const listed = await client.listTools()
    await client.close()
    return listed.tools.map((tool) => tool.name).sort()
  }
  /** Their browser has come back. */
  const finish = async (page: Page) => {
    await page.waitForURL(`${callback}?*`)
    await dialect.finish(url, keychain, new URL(page.url()).searchParams)
    return { tools, keychain }
  }
  return { ask, finish }
}

/** Somebody who is signed in connects an app. */
export async function connectApp (team: Team, page: Page, name: string, allow = 'Allow') {
  const app = beginApp(team, name)
  await app.ask(page)
  await press(page, allow)
  return app.finish(page)
}
