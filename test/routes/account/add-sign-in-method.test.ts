// A sign-in method is added with fresh proof, by the person who confirms it, and the owner is notified (threats AC-01,
// AC-02).
import { keyOf } from '../../../plugins/accounts/identities.ts'
import { Browser } from '../../helpers/browser.ts'
import { authorizeUrl, newClient, ping, pkce, post } from '../../helpers/oauth.ts'
import { StorageUnavailable } from '../../../plugins/storage/contract.ts'
import { storageTest } from '../../helpers/storages.ts'
import { PASSWORD } from '../../helpers/with-mail.ts'
import { smtp, place, yes } from '../../helpers/sign-in-methods.ts'

storageTest(
  'what would be added is shown and asked for; the owner is told; the removal ends what came through it (AC-02)',
  async (t, start) => {
    const { url, app, clock, address, person, userOf, begin, enter, throughSecond, events, isIn } = await place(
      t,
      start
    )
    const ann = address()
    const [browser, sent] = [await person(ann), smtp.messages.length]
    const { id } = await userOf(ann)
    const question = await enter(browser, await begin(browser), 'mallory')
    t.match(question, { status: 200, url: /\/account\/sign-in\/add/, text: /Second: mallory/ })
    t.equal(
      (await app.signIn.lifecycle.find(id))!.identities.length, 1, 'not before the person says so'
    )
    t.equal((await new Browser().get(question.url)).status, 400, 'in no other browser')
    t.equal(
      (await browser.post(`${url}/account/sign-in/add`, { ...question.forms[0]!.fields, token: 'x' })).status,
      400
    )
    t.equal(
      (await browser.post(`${url}/account/sign-in/add`, question.forms[0]!.fields, { origin: 'https://evil.example' }))
        .status,
      403
    )
    t.match(await yes(browser, question), { status: 200, url: `${url}/account`, text: /Second: mallory/ })
    t.equal((await yes(browser, question)).status, 400, 'once')
    await app.mail.idle()
    t.match(smtp.messages.slice(sent), [{ to: ann, text: /A sign-in method was added[^]*Second/ }])
    t.ok((await events(id)).includes('account_changed way added'))

    const mallory = new Browser()
    await throughSecond('mallory', mallory)
    t.match((await mallory.get(`${url}/account`)).text, ann)
    const client = await newClient(url)
    const { verifier, challenge } = pkce()
    const consent = await mallory.get(
      authorizeUrl(url, { client_id: client.client_id, code_challenge: challenge })
    )
    await mallory.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), {
      decision: 'allow'
    })
    const tokens = await post(`${url}/token`, {
      ...client,
      grant_type: 'authorization_code',
      code: mallory.left!.searchParams.get('code')!,
      redirect_uri: 'https://app.example/callback',
      code_verifier: verifier
    })
    const access = tokens.body['access_token'] as string
    t.equal(await ping(url, access), 200)

    const account = await browser.get(`${url}/account`)
    const link = [
      ...account.text.matchAll(
        /<bdi id="method-\d">([^<]*)<\/bdi> <a class="link" href="(\/account\/sign-in\/remove[^"]*)"/g
      )
    ].find(([, text]) => text === 'Second: mallory')![2]!
    t.match(
      await browser.get(`${url}/account/sign-in/remove?way=${'x'.repeat(43)}`),
      { status: 400 },
      "somebody else's way"
    )
    t.match(await yes(browser, await browser.get(url + link)), { status: 200, url: `${url}/account` })
    t.notMatch((await browser.get(`${url}/account`)).text, 'Second: mallory')
    t.same(
      [await isIn(browser), await isIn(mallory), await ping(url, access)], [true, false, 401]
    )
    t.match(
      await post(`${url}/token`, {
        ...client,
        grant_type: 'refresh_token',
        refresh_token: tokens.body['refresh_token'] as string
      }),
      { status: 400, body: { error: 'invalid_grant' } }
    )
    await app.mail.idle()
    t.match(smtp.messages.at(-1), { to: ann, text: /A sign-in method was removed/ })
    t.ok((await events(id)).includes('account_changed way removed'))
    const [local] = (await app.signIn.lifecycle.find(id))!.identities
    t.notMatch((await browser.get(`${url}/account`)).text, '>Remove<')
    t.match(
      await browser.get(`${url}/account/sign-in/remove?way=${keyOf(local!)}`),
      { status: 400, text: /only sign-in method/ },
      'never the last one'
    )
    t.same(
      await app.signIn.lifecycle.removeSignInMethods(id, () => true), [], 'nor by any other door'
    )
    clock.now += 1
    await throughSecond('mallory', mallory)
    t.notMatch((await mallory.get(`${url}/account`)).text, ann, 'who comes with it again is somebody new')
  }
)

storageTest(
  "who may not be added: one click, a backend that leads there already, somebody else's identity, and nobody from a browser that was signed out",
  async (t, start) => {
    const { url, app, address, person, userOf, begin, enter, throughSecond } = await place(t, start)
    const ann = address()
    const browser = await person(ann)
    const { id } = await userOf(ann)
    const ways = async () => (await app.signIn.lifecycle.find(id))!.identities.length
    const count = async () => (await Array.fromAsync(app.signIn.lifecycle.all())).length
    await throughSecond('taken')
    const people = await count()

    const login = await begin(browser)
    t.notOk(
      login.forms.some(({ fields }) => fields['backend'] === 'demo'),
      'the page does not offer it'
    )
    const { interaction } = login.forms[0]!.fields
    t.match(
      await browser.post(`${url}/login`, { interaction: interaction!, backend: 'demo' }),
      { status: 409, text: /belongs to another account/ },
      'nor does a form that is made up'
    )
    const bob = address()
    await person(bob)
    t.match(
      await browser.post(`${url}/login`, {
        interaction: interaction!,
        backend: 'local',
        email: bob,
        password: PASSWORD
      }),
      { status: 409 },
      'a second account of one backend'
    )
    t.match(
      await enter(browser, login, 'taken'), { status: 409 }, 'an identity that leads to somebody'
    )
    t.same([await ways(), await count()], [1, people + 1])

    const question = await enter(browser, await begin(browser), 'eve')
    await throughSecond('eve')
    t.match(
      await yes(browser, question),
      { status: 400, text: /belongs to another account/ },
      'it came to belong to somebody while the person was asked'
    )

    const [during, asked] = [await begin(browser), await enter(browser, await begin(browser), 'late')]
    await app.signIn.lifecycle.signOutEverywhere(id)
    t.equal(
      (await enter(browser, during, 'thief')).status,
      400,
      'signed out everywhere while the sign-in was under way'
    )
    t.equal((await yes(browser, asked)).status, 403, 'or while the question was shown')
    t.equal(await ways(), 1)
    t.notMatch(JSON.stringify((await app.signIn.lifecycle.find(id))!.identities), /thief|late|eve|taken/)
  }
)

storageTest('what is added while the sessions of its person end leads to nobody afterwards (AC-16)', async (t, start) => {
  const { url, app, address, person, userOf, begin, enter, throughSecond } = await place(t, start)
  const ann = address()
  const thief = await person(ann)
  const { id } = await userOf(ann)
  const question = await enter(thief, await begin(thief), 'late')
  // The owner signs out everywhere when the form has passed every check, and nothing is written yet.
  const { records } = app.userStore
  const update = records.update
  records.update = async (...given) => {
    records.update = update
    await app.signIn.lifecycle.signOutEverywhere(id)
    return update(...given)
  }
  t.match(await yes(thief, question), { status: 400, text: /sign_in_expired/ })
  t.equal((await app.signIn.lifecycle.find(id))!.identities.length, 1)
  const late = new Browser()
  await throughSecond('late', late)
  t.notMatch((await late.get(`${url}/account`)).text, ann)
})

storageTest('a new password that removes the other methods leaves no time to add one (AC-16)', async (t, start) => {
  const { url, app, address, person, signIn, userOf, begin, enter } = await place(t, start)
  const ann = address()
  const [owner, thief] = [await person(ann), new Browser()]
  await signIn(ann, PASSWORD, thief)
  const { id } = await userOf(ann)
  const question = await enter(thief, await begin(thief), 'late too')
  const { lifecycle } = app.signIn
  const remove = lifecycle.removeSignInMethods
  lifecycle.removeSignInMethods = async (...given) => {
    const removed = await remove(...given)
    t.equal((await yes(thief, question)).status, 403)
    return removed
  }
  const page = await owner.get(`${url}/account/password`)
  const asked = { present: PASSWORD, next: 'seven loud herons 77 at dawn', ways: 'remove' }
  const changed = await owner.submit(
    page, ({ action }) => action === '/account/password', asked
  )
  t.equal(changed.status, 200)
  t.equal((await lifecycle.find(id))!.identities.length, 1)
  t.equal((await owner.get(`${url}/account`)).url, `${url}/account`, 'the owner stays signed in')
})

storageTest('what is added while storage cannot say whether its session still counts leads to nobody (AC-16)', async (t, start) => {
  const { app, address, person, userOf, begin, enter } = await place(t, start)
  const ann = address()
  const thief = await person(ann)
  const { id } = await userOf(ann)
  const question = await enter(thief, await begin(thief), 'unseen')
  const { records } = app.userStore
  const { find, update } = records
  records.update = async (...given) => {
    Object.assign(records, { update })
    const changed = await update(...given)
    // Storage goes for a moment, right after the method was written.
    records.find = async () => {
      records.find = find
      throw new StorageUnavailable('away')
    }
    return changed
  }
  t.equal((await yes(thief, question)).status, 503)
  t.equal((await app.signIn.lifecycle.find(id))!.identities.length, 1, 'nobody was told of it')
})
