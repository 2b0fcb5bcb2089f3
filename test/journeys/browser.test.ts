// The same journey in a real Chromium: what a browser does with our cookies, headers and redirects is not what a test
// client does (threats LG-06, LG-21).
import { createHash, randomBytes } from 'node:crypto'
import t from 'tap'
import { startCallback } from '../helpers/callback.ts'
import { launchChromium } from '../helpers/chromium.ts'
import { startServer } from '../helpers/server.ts'

const { browser, missing } = await launchChromium()
t.teardown(() => browser?.close())

t.test(
  'a person signs up, allows, and arrives at the app with a code that works (LG-21)',
  { skip: missing ?? false },
  async (t) => {
    const { url } = await startServer(t)
    const callback = await startCallback(t)
    const verifier = randomBytes(32).toString('base64url')
    const { client_id: clientId } = (await (
      await fetch(`${url}/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ client_name: 'Browser journey', redirect_uris: [callback.uri] })
      })
    ).json()) as { client_id: string }
    // As long as some apps make it: all of it is in each address on the way.
    const state = randomBytes(1_500).toString('base64url')
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: callback.uri,
      state,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256'
    })

    const context = await browser!.newContext({ viewport: { width: 360, height: 740 } })
    t.teardown(() => context.close())
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })

    await page.goto(`${url}/authorize?${query}`)
    await page.getByRole('link', { name: /create/i }).click()
    await page.getByLabel(/e-?mail/i).fill('ann@example.com')
    await page.getByLabel(/password/i).fill('eleven quiet otters 42')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: /^allow/i }).click()
    await page.waitForURL(/\/callback/)

    const answer = (await callback.seen).searchParams
    t.equal(answer.get('state'), state)
    t.equal(answer.get('iss'), url)
    const tokens = await fetch(`${url}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: clientId,
        code: answer.get('code')!,
        redirect_uri: callback.uri,
        code_verifier: verifier
      })
    })
    t.equal(tokens.status, 200)

    await page.goto(`${url}/documents/tides.md`)
    t.match(await page.textContent('main'), /spring tide/, 'the session opens documents')
    await page.goto(url)
    await page.getByRole('button', { name: /sign out/i }).click()
    await page.goto(`${url}/documents/tides.md`)
    t.match(page.url(), /\/login/, 'signed out, documents ask for a sign-in')
    await page.getByRole('button', { name: /demo/i }).click()
    t.match(
      page.url(), /\/documents\/tides\.md$/,
      'and one click later the person is where they wanted to be'
    )
    t.same(
      complaints.filter((text) => !/favicon/.test(text)),
      [],
      'the browser had nothing to complain about'
    )
  }
)
