// Each backend in a real Chromium, from the bare URL to a tool call: an official client finds the way, the person
// clicks, and the pages of the backend are the only thing that differs.
import { randomBytes } from 'node:crypto'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { startCallback } from '../helpers/callback.ts'
import { launchChromium } from '../helpers/chromium.ts'
import { startDirectory } from '../helpers/directory.ts'
import { startProvider } from '../helpers/openid-provider.ts'
import { freePort } from '../helpers/ports.ts'
import { startServer } from '../helpers/server.ts'
import { startSmtp } from '../helpers/smtp.ts'
import { startSupabase } from '../helpers/supabase-lite.ts'
import { startWithMail } from '../helpers/with-mail.ts'

const PASSWORD = 'Copper kettle on a tram'
/** As long as some apps make it: it comes along through each backend. */
const STATE = randomBytes(1_500).toString('base64url')
const { browser, missing } = await launchChromium()
t.teardown(() => browser?.close())

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

async function journey (t: Test, url: string, signIn: (page: Page) => Promise<void>) {
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

const skip = missing ?? false
const typePassword = async (page: Page, email: string) => {
  await page
    .getByLabel(/e-mail address$/i)
    .first()
    .fill(email)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.keyboard.press('Enter')
}

t.test('demo', { skip }, async (t) => {
  const { url } = await startServer(t, { env: { AUTH_BACKEND: 'demo' } })
  await journey(t, url, (page) => page.getByRole('button', { name: 'Continue as a demo user' }).click())
})

t.test('local', { skip }, async (t) => {
  const { url } = await startServer(t, { env: { AUTH_BACKEND: 'local' } })
  await journey(t, url, async (page) => {
    await page.getByRole('link', { name: /create/i }).click()
    await typePassword(page, 'ann@example.com')
  })
})

t.test('local, with mail: the address is confirmed on the way', { skip }, async (t) => {
  const smtp = await startSmtp()
  t.teardown(() => smtp.stop())
  const { url, linkTo } = await startWithMail(smtp, (options) => startServer(t, options), {
    env: { AUTH_BACKEND: 'local' }
  })
  await journey(t, url, async (page) => {
    await page.getByRole('link', { name: /create/i }).click()
    await typePassword(page, 'ann@example.com')
    const mailbox = await page.context().newPage()
    await mailbox.goto((await linkTo('ann@example.com'))!)
    await mailbox.getByRole('button', { name: 'Yes, confirm it' }).click()
    await mailbox.getByText('is confirmed').waitFor()
    await page.getByRole('link', { name: 'Back to sign-in' }).click()
    await typePassword(page, 'ann@example.com')
  })
})

t.test(
  'local, with mail and without scripts: sign-up, confirmation, a new password and a new address, which end every other session',
  { skip },
  async (t) => {
    const smtp = await startSmtp()
    t.teardown(() => smtp.stop())
    const { url, linkTo } = await startWithMail(smtp, (options) => startServer(t, options), {
      env: { AUTH_BACKEND: 'local' }
    })
    const open = async (viewport: { width: number; height: number }) => {
      const context = await browser!.newContext({ viewport, javaScriptEnabled: false })
      t.teardown(() => context.close())
      return context.newPage()
    }
    const [phone, laptop] = [await open({ width: 360, height: 740 }), await open({ width: 1200, height: 800 })]
    await phone.goto(`${url}/signup`)
    await typePassword(phone, 'ann@example.com')
    await phone.getByText('Check your mailbox').waitFor()
    await phone.goto((await linkTo('ann@example.com'))!)
    await phone.getByRole('button', { name: 'Yes, confirm it' }).click()
    await phone.getByText('is confirmed').waitFor()
    for (const page of [phone, laptop]) {
      await page.goto(`${url}/account`)
      await typePassword(page, 'ann@example.com')
      await page.getByRole('heading', { name: 'Your account' }).waitFor()
    }

    await phone.getByRole('link', { name: 'Change the password' }).click()
    await phone.getByLabel('Current password').fill('not the password')
    await phone.getByLabel('New password').fill('seven loud badgers 17')
    await phone.keyboard.press('Enter')
    await phone.getByRole('alert').getByText('not your current password').waitFor()
    await phone.getByLabel('Current password').fill(PASSWORD)
    await phone.getByLabel('New password').fill('seven loud badgers 17')
    await phone.keyboard.press('Enter')
    await phone.getByRole('link', { name: 'Go to your account' }).click()
    await phone.getByRole('link', { name: 'Change the address' }).click()
    await laptop.goto(`${url}/account`)
    t.match(laptop.url(), '/login?')

    await phone.getByLabel('New e-mail address').fill('anna@example.org')
    await phone.getByLabel('Password').fill('seven loud badgers 17')
    await phone.getByRole('button', { name: 'Send the link' }).click()
    await phone.getByText('Check your mailbox').waitFor()
    await laptop.goto((await linkTo('anna@example.org'))!)
    await laptop.getByRole('button', { name: 'Yes, change it' }).click()
    await laptop.getByText('Your address is changed').waitFor()
    await phone.goto(`${url}/account`)
    t.match(phone.url(), '/login?', 'the link was opened in another browser')
    await phone.getByLabel('E-mail address').fill('anna@example.org')
    await phone.getByLabel('Password').fill('seven loud badgers 17')
    await phone.keyboard.press('Enter')
    await phone.getByRole('heading', { name: 'Your account' }).waitFor()
    t.match(await phone.textContent('main'), 'anna@example.org')
  }
)

t.test('supabase: a password, and a code by e-mail is offered beside it', { skip }, async (t) => {
  const project = await startSupabase()
  t.teardown(() => project.stop())
  const { url } = await startServer(t, {
    env: {
      AUTH_BACKEND: 'supabase',
      SUPABASE_URL: project.url,
      SUPABASE_PUBLISHABLE_KEY: project.anonKey,
      SUPABASE_PROVIDERS: 'github',
      SUPABASE_EMAIL_CODE: 'on'
    }
  })
  await journey(t, url, async (page) => {
    await page.getByRole('link', { name: /create/i }).click()
    await typePassword(page, 'ann@example.com')
    await page
      .getByText(/check your mailbox/i)
      .first()
      .waitFor()
    await project.confirm('ann@example.com')
    await page.getByRole('link', { name: /back to sign-in/i }).click()
    t.equal(await page.getByRole('button', { name: 'Continue with GitHub' }).count(), 1)
    t.equal(await page.getByRole('button', { name: 'Send me a code' }).count(), 1)
    await typePassword(page, 'ann@example.com')
  })
})

t.test('oidc: to the provider and back, wrongly first, and out again at both', { skip }, async (t) => {
  const [port, providerPort] = [await freePort(), await freePort()]
  const provider = await startProvider({
    port: providerPort,
    callbackUrls: [`http://localhost:${port}/login/callback/oidc`],
    logoutUrls: [`http://localhost:${port}`]
  })
  t.teardown(() => provider.stop())
  const { url } = await startServer(t, {
    port,
    env: {
      AUTH_BACKEND: 'oidc',
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: provider.clientId,
      OIDC_CLIENT_SECRET: provider.clientSecret,
      OIDC_TITLE: 'Example'
    }
  })
  const page = await journey(t, url, async (page) => {
    await page.getByRole('button', { name: 'Continue with Example' }).click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText(/You did not go on at Example/).waitFor()
    await page.getByRole('button', { name: 'Continue with Example' }).click()
    await page.getByLabel('Name').fill('ann')
    await page.getByRole('button', { name: 'Continue' }).click()
  })
  await page.goto(`${url}/account`)
  t.match(await page.textContent('main'), 'Ann Smith')
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await page.waitForURL(/\/session\/end/)
})

t.test("a backend of one's own, with a second factor", { skip }, async (t) => {
  const directory = await startDirectory(t)
  directory.people.set('ann@example.com', { id: 'employee-4711', password: PASSWORD, name: 'Ann', code: '246810' })
  const { url } = await startServer(t, { env: directory.env })
  await journey(t, url, async (page) => {
    await typePassword(page, 'ann@example.com')
    await page.getByLabel('Code').fill('000000')
    await page.keyboard.press('Enter')
    await page.getByText(/code is wrong/).waitFor()
    await page.getByLabel('Code').fill('246 810')
    await page.keyboard.press('Enter')
  })
})
