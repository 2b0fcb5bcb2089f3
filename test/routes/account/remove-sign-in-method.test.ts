// A sign-in method is removed with everything that came through it (threat AC-02).
import { randomUUID } from 'node:crypto'
import { keyOf } from '../../../plugins/accounts/identities.ts'
import { Browser } from '../../helpers/browser.ts'
import { authorizeUrl, newClient, ping, pkce, post } from '../../helpers/oauth.ts'
import { storageTest } from '../../helpers/storages.ts'
import { PASSWORD } from '../../helpers/with-mail.ts'
import { place, yes } from '../../helpers/sign-in-methods.ts'

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
        t.equal(
          (
            await browser.submit(page, ({ action }) => action === path, {
              ...fields,
              ...(ticked && { ways: 'remove', apps: 'end' })
            })
          ).status,
          200
        )
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

storageTest(
  'where the password of this server is removed as a way in, nothing of its account is left (AC-02)',
  async (t, start) => {
    const { url, app, address, person, userOf, begin, enter, throughSecond, signIn } = await place(t, start)
    const [ann, name] = [address(), randomUUID()]
    const browser = await person(ann)
    const {
      id,
      identities: [local]
    } = await userOf(ann)
    await yes(browser, await enter(browser, await begin(browser), name))
    const other = new Browser()
    await throughSecond(name, other)
    await yes(other, await other.get(`${url}/account/sign-in/remove?way=${keyOf(local!)}`))
    t.match((await app.signIn.lifecycle.find(id))!.identities, [{ subject: name }])
    t.same(await Array.fromAsync(app.storage.collection('account').all()), [])
    t.equal((await signIn(ann, PASSWORD)).status, 401)
  }
)

storageTest(
  'a way whose removal was cut short leads to nobody, and what it said of the person goes with it',
  async (t, start) => {
    const { url, app, address, person, userOf, begin, enter, throughSecond } = await place(t, start)
    const [ann, mallory] = [address(), address()]
    const browser = await person(ann)
    const { id } = await userOf(ann)
    await yes(browser, await enter(browser, await begin(browser), mallory))
    await throughSecond(mallory)
    t.equal((await app.signIn.lifecycle.find(id))!.email, mallory, 'the last sign-in said so')
    const pointers = app.storage.collection<{ userId: string }>('identity')
    const kept = await Array.fromAsync(pointers.all())
    t.match(await app.signIn.lifecycle.removeSignInMethods(id, ({ email }) => email === mallory), [
      { subject: mallory }
    ])
    t.match(await app.signIn.lifecycle.find(id), {
      email: ann,
      emailVerified: true,
      identities: [{ backend: 'local' }]
    })
    for (const { id: key, record } of kept) await pointers.put(key, record, null)
    const again = new Browser()
    await throughSecond(mallory, again)
    t.notMatch((await again.get(`${url}/account`)).text, ann)
    t.equal((await app.signIn.lifecycle.find(id))!.identities.length, 1)
  }
)
