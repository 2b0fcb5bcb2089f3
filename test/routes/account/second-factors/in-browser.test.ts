// Passkeys in a real Chromium with its virtual authenticator: made on the account page, shown as fresh proof, and the
// browser's own answers tampered with.
import t, { type Test } from 'tap'
import type { Page } from 'playwright-core'
import { addPasskeyDevice, launchChromium, openPage } from '../../../helpers/chromium.ts'
import { startServer } from '../../../helpers/server.ts'
import { PASSWORD } from '../../../helpers/with-mail.ts'

const START = 1_800_000_000
const FACTORS = '/account/second-factors'
const { browser, missing } = await launchChromium()
t.teardown(() => browser?.close())

/**
 * Somebody with a fresh local account, and a device that keeps passkeys and knows its owner.
 */
async function personWithDevice (t: Test) {
  const clock = { now: START }
  const server = await startServer(t, { now: () => clock.now, env: { AUTH_BACKEND: 'local' } })
  const page = await openPage(t, browser!)
  page.setDefaultTimeout(10_000)
  const complaints: string[] = []
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  const url = server.config.publicUrl
  await page.goto(`${url}/signup`)
  await page.locator('input[name=email]').fill('ann@example.com')
  await page.locator('input[type=password]').fill(PASSWORD)
  await page.locator('main button[type=submit]').first().click()
  await page.goto(url + FACTORS)
  const { app } = server
  let userId = ''
  for await (const { id } of app.signIn.lifecycle.all()) userId = id
  const { devices, authenticatorId } = await addPasskeyDevice(page)
  const credentials = async () => (await devices.send('WebAuthn.getCredentials', { authenticatorId })).credentials
  /** Whoever holds the device cannot unlock it. */
  const lock = () => devices.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
  return { app, clock, page, url, userId, complaints, credentials, lock }
}

const make = (page: Page) => page.getByRole('button', { name: 'Make the passkey' }).click()

t.test('a passkey is made and shown by the browser itself (SF-01)', { skip: missing ?? false }, async (t) => {
  const { app, clock, page, url, userId, complaints, credentials } = await personWithDevice(t)
  await page.getByRole('link', { name: 'Add a passkey' }).click()
  // The script of the page hides it.
  await page.locator('[data-passkey-missing]').waitFor({ state: 'hidden' })
  await page.getByLabel('Name').fill('Laptop')
  await make(page)
  await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
  const [credential] = await credentials()
  t.match(
    credential,
    { isResidentCredential: true, rpId: 'localhost', userName: 'ann@example.com' }
  )
  t.match(
    await app.secondFactors.list(userId),
    [{ kind: 'passkey', name: 'Laptop' }]
  )

  await page.goto(`${url}${FACTORS}/passkey`)
  await make(page)
  await page.getByText('This device already has a passkey').waitFor()
  t.equal((await credentials()).length, 1)

  clock.now += 301
  await page.goto(`${url}${FACTORS}/app`)
  await page.getByRole('button', { name: 'Use a passkey' }).click()
  await page.getByRole('img', { name: 'QR code' }).waitFor()
  t.match(await app.secondFactors.list(userId), [{ lastUsedAt: clock.now }])
  t.strictSame(complaints, [])
})

t.test('what the browser answers counts once, unaltered, and only where the person was verified (SF-01, SF-03)', { skip: missing ?? false }, async (t) => {
  const { app, clock, page, url, userId, lock } = await personWithDevice(t)
  await page.goto(`${url}${FACTORS}/passkey`)
  await make(page)
  await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
  clock.now += 301
  const posted: Array<Record<string, string>> = []
  await page.route(`**${FACTORS}/prove`, async (route) => {
    posted.push(Object.fromEntries(new URLSearchParams(route.request().postData() ?? '')))
    await route.abort()
  })
  await page.goto(`${url}${FACTORS}/app`)
  await Promise.all([
    page.waitForEvent('requestfailed'),
    page.getByRole('button', { name: 'Use a passkey' }).click()
  ])
  const { state = '', response = '' } = posted[0]!
  const browserHash = (await page.context().cookies()).find(({ name }) => name === 'mcp_browser')!.value
  const { hashSecret } = await import('../../../../plugins/secrets.ts')
  const verify = (answer: string) => app.secondFactors.verifyPasskey(hashSecret(browserHash), { state, response: answer }, userId)
  const parsed = JSON.parse(response)
  const altered = (member: string, value: string) => JSON.stringify({ ...parsed, response: { ...parsed.response, [member]: value } })
  const flipped = (text: string) => text.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))
  for (const member of ['authenticatorData', 'signature', 'clientDataJSON', 'userHandle']) {
    t.equal(
      await verify(altered(member, flipped(parsed.response[member]))),
      undefined,
      member
    )
  }
  const data = JSON.parse(Buffer.from(parsed.response.clientDataJSON, 'base64url').toString())
  const foreign = Buffer.from(JSON.stringify({ ...data, origin: 'https://evil.example' })).toString('base64url')
  t.equal(
    await verify(altered('clientDataJSON', foreign)),
    undefined,
    'another origin'
  )
  t.equal(await verify(response), userId)
  t.equal(await verify(response), undefined, 'once')

  await page.unroute(`**${FACTORS}/prove`)
  await lock()
  await page.goto(`${url}${FACTORS}/app`)
  await page.getByRole('button', { name: 'Use a passkey' }).click()
  await page.getByText('The passkey was not accepted').waitFor()
})

t.test('without scripts the page says what passkeys need, and offers the app', { skip: missing ?? false }, async (t) => {
  const { page, url } = await personWithDevice(t)
  const context = await browser!.newContext({ javaScriptEnabled: false, storageState: await page.context().storageState() })
  t.teardown(() => context.close())
  const plain = await context.newPage()
  await plain.goto(`${url}${FACTORS}/passkey`)
  t.notOk(await plain.getByRole('button', { name: 'Make the passkey' }).isVisible())
  await plain.getByRole('link', { name: 'set up an authenticator app' }).click()
  t.ok(await plain.getByLabel('Code from the app').isVisible())
})
