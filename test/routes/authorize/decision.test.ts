// Allowing and denying: consent is asked every time, and each step counts once (threats AZ, LG).
import { Browser } from '../../helpers/browser.ts'
import { authorizeUrl, CALLBACK, newClient, pkce, walk } from '../../helpers/oauth.ts'
import { storageTest } from '../../helpers/storages.ts'

storageTest(
  'consent is asked every time, denial goes home, each step counts once and in one browser (AZ-32, AZ-33, LG)',
  async (t, start) => {
    const { url } = await start()
    const client = await newClient(url)
    const { browser } = await walk(url, client)
    const ask = () =>
      browser.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: pkce().challenge, state: 'st' }))
    const allow = ({ buttons }: { buttons: Array<{ value: string | undefined }> }) =>
      buttons.some(({ value }) => value === 'allow')

    const again = await ask()
    t.match(again.url, '/consent', 'signed in, consent is asked all the same (AZ-32)')
    await browser.submit(again, allow, { decision: 'deny' })
    t.match(
      [...browser.left!.searchParams],
      [
        ['error', 'access_denied'],
        ['error_description', /./],
        ['state', 'st'],
        ['iss', url]
      ],
      'AZ-33'
    )

    const page = await ask()
    const form = page.forms.find(allow)!
    const consent = (who: Browser, fields: Record<string, string>, headers = {}) =>
      who.post(`${url}/consent`, { ...form.fields, decision: 'allow', ...fields }, headers)
    const thief = new Browser()
    await thief.get(`${url}/login`)
    for (const [name, answer] of [
      ['another browser (LG-08)', await consent(thief, {})],
      ['no cookies (LG-08)', await consent(new Browser(), {})],
      ['another site (LG-08)', await consent(browser, {}, { origin: 'https://evil.example' })],
      ['a cross-site fetch (LG-08)', await consent(browser, {}, { 'sec-fetch-site': 'cross-site' })],
      ['a made-up handle', await consent(browser, { interaction: 'x'.repeat(43) })],
      ['no decision', await consent(browser, { decision: '' })]
    ] as const) { t.match(answer.status, /^40[03]$/, name) }
    const answers = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const response = await fetch(`${url}/consent`, {
          method: 'POST',
          redirect: 'manual',
          headers: {
            'content-type': 'application/x-www-form-urlencoded',
            cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
          },
          // LG-09: what the form says of the request is not read.
          body: new URLSearchParams({
            ...form.fields,
            decision: 'allow',
            redirect_uri: 'https://evil.example',
            client_id: 'x',
            scope: 'admin'
          })
        })
        return response.headers.get('location')
      })
    )
    const codes = answers.filter((location) => location?.includes('code='))
    t.equal(codes.length, 1, 'eight at once, one code (LG-20)')
    t.ok(codes[0]!.startsWith(CALLBACK))
  }
)
