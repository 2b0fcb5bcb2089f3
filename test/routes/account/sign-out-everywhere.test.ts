// What else may end with a new password and with a sign-out everywhere (threat AC-02).
import { randomUUID } from 'node:crypto'
import { Browser } from '../../helpers/browser.ts'
import { authorizeUrl, newClient, ping, pkce, post } from '../../helpers/oauth.ts'
import { place, yes } from '../../helpers/sign-in-methods.ts'
import { storageTest } from '../../helpers/storages.ts'
import { PASSWORD } from '../../helpers/with-mail.ts'

storageTest(
  'a new password and a sign-out everywhere remove the other ways, and disconnect apps, where the person ticks it (AC-02)',
  async (t, start) => {
    const { url, app, address, person, userOf, begin, enter, signIn } = await place(t, start)
    for (const [path, fields] of [
      ['/account/password', { present: PASSWORD, next: 'seven loud badgers 17' }],
      ['/account/sign-out-everywhere', {}]
    ] as const) {
      for (const ticked of [false, true]) {
        const ann = address()
        const browser = await person(ann)
        const { id } = await userOf(ann)
        await yes(browser, await enter(browser, await begin(browser), randomUUID()))
        const client = await newClient(url)
        const { challenge, verifier } = pkce()
        const consent = await browser.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: challenge }))
        await browser.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), {
          decision: 'allow'
        })
        const { body } = await post(`${url}/token`, {
          ...client,
          grant_type: 'authorization_code',
          code: browser.left!.searchParams.get('code')!,
          redirect_uri: 'https://app.example/callback',
          code_verifier: verifier
        })
        const page = await browser.get(url + (path === '/account/password' ? path : '/account'))
        t.match(page.text, /Remove the other sign-in method[^]*Second/)
        const answer = await browser.submit(page, ({ action }) => action === path, {
          ...fields,
          ...(ticked && { ways: 'remove', apps: 'end' })
        })
        t.equal(answer.status, 200)
        t.equal(answer.text.includes('The other sign-in methods of your account were removed.'), ticked, 'and so it is said')
        t.same(
          [(await app.signIn.lifecycle.find(id))!.identities.length, await ping(url, body['access_token'] as string)],
          ticked ? [1, 401] : [2, 200],
          `${path} ${String(ticked)}`
        )
        const again = new Browser()
        await signIn(ann, path === '/account/password' ? 'seven loud badgers 17' : PASSWORD, again)
        t.equal((await again.get(`${url}/account`)).url, `${url}/account`)
      }
    }
  }
)
