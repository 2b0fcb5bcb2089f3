// Supabase, an OpenID provider and a backend of one's own in a real Chromium, from the bare URL to a tool call.
import t from 'tap'
import { startDirectory } from '../helpers/directory.ts'
import { startProvider } from '../helpers/openid-provider.ts'
import { freePort } from '../helpers/ports.ts'
import { startServer } from '../helpers/server.ts'
import { startSupabase } from '../helpers/supabase-lite.ts'
import { PASSWORD, journey, skip, typePassword } from './chromium-backends/journey.ts'

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
      .getByText(/check your email/i)
      .first()
      .waitFor()
    await project.confirm('ann@example.com')
    await page.getByRole('link', { name: /back to sign-in/i }).click()
    t.equal(await page.getByRole('button', { name: 'Continue with GitHub' }).count(), 1)
    // One form on the page: the other is a link away, and back.
    await page.getByRole('link', { name: 'Get a code by email instead' }).click()
    t.equal(await page.getByRole('button', { name: 'Send me a code' }).count(), 1)
    await page.getByRole('link', { name: /password/i }).first().click()
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
    await page.getByText(/You did not continue at Example/).waitFor()
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
    await page.getByText(/Wrong or expired code/).waitFor()
    await page.getByLabel('Code').fill('246 810')
    await page.keyboard.press('Enter')
  })
})
