// A person in a real Chromium, and an official client that finds its way from the bare URL to a tool call.
import { randomBytes } from 'node:crypto'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { startCallback } from '../../helpers/callback.ts'
import { launchChromium } from '../../helpers/chromium.ts'

export const PASSWORD = 'Copper kettle on a tram'
/** As long as some apps make it: it comes along through each backend. */
const STATE = randomBytes(1_500).toString('base64url')
export const { browser, missing } = await launchChromium()
/** What an app keeps of its sign-in. */
function keychain (redirectUrl: string) {
  const kept: Record<string, unknown> = {}
  return {
    kept,
    redirectUrl,
    clientMetadata: {
      client_name: 'Chromium journey',
      redirect_uris: [redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none'
    },
    clientInformation: () => kept['client'],
    saveClientInformation: (client: unknown) => {
      kept['client'] = client
    },
    tokens: () => kept['tokens'],
    saveTokens: (tokens: unknown) => {
      kept['tokens'] = tokens
    },
    redirectToAuthorization: (url: URL) => {
      kept['asked'] = url
    },
    saveCodeVerifier: (verifier: string) => {
      kept['verifier'] = verifier
    },
    codeVerifier: () => kept['verifier']
  }
}
export async function journey (t: Test, url: string, signIn: (page: Page) => Promise<void>) {
  const callback = await startCallback(t)
  const keys = keychain(callback.uri)
  const transport = () => new StreamableHTTPClientTransport(new URL(url), { authProvider: keys as never })
  await t.rejects(new Client({ name: 'journey', version: '1' }).connect(transport()), 'a stranger is asked to sign in')

  const context = await browser!.newContext({ viewport: { width: 360, height: 740 } })
  t.teardown(() => context.close())
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  const asked = new URL(String(keys.kept['asked']))
  asked.searchParams.set('state', STATE)
  await page.goto(asked.href)
  await signIn(page)
  await page.getByRole('button', { name: /^allow/i }).click()
  await page.waitForURL(/\/callback/)
  t.same(
    complaints.filter((text) => !/favicon|40[134] \(/.test(text)),
    [],
    'the browser had nothing to complain about'
  )

  const { searchParams } = await callback.seen
  t.equal(searchParams.get('state'), STATE)
  await transport().finishAuth(searchParams)
  const client = new Client({ name: 'journey', version: '1' })
  await client.connect(transport())
  const found = await client.callTool({ name: 'search', arguments: { query: 'spring tide' } })
  t.match(found, { structuredContent: { results: [{ id: 'tides.md' }] } })
  await client.close()
  return page
}
export const skip = missing ?? false
export const typePassword = async (page: Page, email: string) => {
  await page
    .getByLabel(/e-?mail address$/i)
    .first()
    .fill(email)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.keyboard.press('Enter')
}

t.teardown(() => browser?.close())
