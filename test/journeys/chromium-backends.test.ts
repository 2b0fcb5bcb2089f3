// The demo and the local backend in a real Chromium, from the bare URL to a tool call: an official client finds the way, and
// the person clicks.
import t from 'tap'
import { startServer } from '../helpers/server.ts'
import { startSmtp } from '../helpers/smtp.ts'
import { startWithMail } from '../helpers/with-mail.ts'
import { PASSWORD, browser, journey, skip, typePassword } from './chromium-backends/journey.ts'

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
    await phone.getByText('Check your email').waitFor()
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
    await phone.getByText(/Check your e-?mail/).waitFor()
    await laptop.goto((await linkTo('anna@example.org'))!)
    await laptop.getByRole('button', { name: 'Yes, change it' }).click()
    await laptop.getByText('Your address is changed').waitFor()
    await phone.goto(`${url}/account`)
    t.match(phone.url(), '/login?', 'the link was opened in another browser')
    await phone.getByLabel('Email address').fill('anna@example.org')
    await phone.getByLabel('Password').fill('seven loud badgers 17')
    await phone.keyboard.press('Enter')
    await phone.getByRole('heading', { name: 'Your account' }).waitFor()
    t.match(await phone.textContent('main'), 'anna@example.org')
  }
)
