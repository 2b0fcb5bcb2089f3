// Whoever reads one mailbox of a person cannot change the account unseen by the others: every proven address is told
// (threats TF-01, TF-02).
import { randomUUID } from 'node:crypto'
import { StorageUnavailable } from '../../../plugins/storage/contract.ts'
import { parseEmail } from '../../../auth-backends/contract.ts'
import { Browser } from '../../helpers/browser.ts'
import { newClient, ping, post, walk } from '../../helpers/oauth.ts'
import { storageTest } from '../../helpers/storages.ts'
import { place, smtp, yes } from '../../helpers/sign-in-methods.ts'
import { PASSWORD } from '../../helpers/with-mail.ts'

const NEXT = 'seven loud badgers 17'

storageTest(
  'a change of password, address or sign-in methods is told to every address that the person has proved (TF-01)',
  async (t, start) => {
    const { url, app, address, person, begin, enter, linkTo } = await place(t, start)
    const subjectsTo = async (mailbox: string) => {
      await new Promise((resolve) => setTimeout(resolve, 100))
      await app.mail.idle()
      return smtp.messages
        .filter(({ to }) => to === mailbox)
        .map(({ text }) => /^Subject: (.*) - MCP OAuth Server\r/m.exec(text)?.[1])
        .filter((subject) => subject !== 'Confirm your email address')
    }
    const twoMailboxes = async () => {
      const [own, other] = [address(), address()]
      const browser = await person(own)
      await yes(browser, await enter(browser, await begin(browser), other))
      await subjectsTo(other)
      return { browser, own, other }
    }

    const byLink = await twoMailboxes()
    const reader = new Browser()
    const sent = smtp.messages.length
    await reader.submit(await reader.get(`${url}/password/forgot`), () => true, { email: byLink.own })
    const page = await reader.get((await linkTo(byLink.own, sent))!)
    t.equal((await reader.submit(page, () => true, { password: NEXT, ways: 'remove' })).status, 200)
    t.same(
      (await subjectsTo(byLink.other)).sort(),
      ['A sign-in method was removed from your account', 'Your password was changed'],
      'by a link that somebody read in the other mailbox'
    )

    const onPage = await twoMailboxes()
    const form = await onPage.browser.get(`${url}/account/password`)
    await onPage.browser.submit(form, ({ action }) => action === '/account/password', { present: PASSWORD, next: NEXT })
    t.same(await subjectsTo(onPage.other), ['Your password was changed'], 'on the account page')

    const moving = await twoMailboxes()
    const move = await moving.browser.get(`${url}/account/email`)
    await moving.browser.submit(move, ({ action }) => action === '/account/email', {
      email: address(),
      password: PASSWORD
    })
    const told = await subjectsTo(moving.other)
    t.equal(told.length, 1)
    t.match(told[0], /address/, 'before the address changes')
  }
)

storageTest(
  'a changed address of a local account says nothing of what another service has shown (TF-02)',
  async (t, start) => {
    const { app, address, person, userOf, begin, enter } = await place(t, start)
    const [own, next] = [address(), address()]
    const browser = await person(own)
    // The service names the same mailbox.
    await yes(browser, await enter(browser, await begin(browser), own))
    const { id, identities } = await userOf(own)
    const local = identities.find(({ backend }) => backend === 'local')!
    const move = { identity: local, from: parseEmail(own), to: parseEmail(next) }
    const shown = async () => {
      const user = (await app.signIn.lifecycle.find(id))!
      return [
        [user.email, user.emailVerified],
        ...user.identities.map(({ email, emailVerified }) => [email, emailVerified])
      ]
    }
    await app.signIn.lifecycle.changeAddress(id, { ...move, verified: false })
    t.same(
      await shown(),
      [[own, true], [next, undefined], [own, true]],
      'what was typed takes no proof away from the service, nor from the person'
    )
    await app.signIn.lifecycle.changeAddress(id, { ...move, from: parseEmail(next), verified: true })
    t.same(
      await shown(), [[next, true], [next, true], [own, true]],
      'and what was proved here was not proved there'
    )
  }
)

storageTest(
  'an app that came by a removed sign-in method ends, also where the person has another of the same service (TF-03)',
  async (t, start) => {
    const { url, app, address, person, userOf, begin, enter, throughSecond } = await place(t, start)
    const own = address()
    const browser = await person(own)
    await yes(browser, await enter(browser, await begin(browser), own))
    const { id } = await userOf(own)
    // The service gives the same mailbox to a second account of its, as after a person was
    // deleted and made again there.
    const again = own.toUpperCase()
    const second = new Browser()
    const choice = await throughSecond(again, second)
    const login = await second.submit(choice, () => true, { decision: 'join' })
    await second.submit(login, ({ fields }) => fields['backend'] === 'local', { email: own, password: PASSWORD })
    const user = (await app.signIn.lifecycle.find(id))!
    t.same(user.identities.map(({ subject }) => [own, again].includes(subject)), [false, true, true])

    const grantIds = async () => (await app.storage.collection<{ endsAt: object }>('grantList').find(id))?.endsAt ?? {}
    const { backend } = user.identities[2]!
    const issue = (backend: string) =>
      app.grants.issueCode({
        clientId: randomUUID(),
        clientName: 'An app',
        redirectUri: 'https://app.example/callback',
        redirectUriGiven: true,
        challenge: 'x'.repeat(43),
        scopes: ['mcp:read'],
        resource: url,
        attempt: 'x'.repeat(16),
        backend,
        user: { id },
        isStillSignedIn: async () => true
      })
    await issue(backend)
    await issue('local')
    t.equal(Object.keys(await grantIds()).length, 2)
    const removed = await app.signIn.lifecycle.removeSignInMethods(id, ({ subject }) => subject === again)
    t.same(removed.map(({ subject }) => subject), [again])
    t.equal(Object.keys(await grantIds()).length, 1, 'the app that came by the password stays')
  }
)

storageTest(
  'a removal that storage has cut short leaves no app and no key that came by the method (AC-02, AK-11)',
  async (t, start) => {
    const { url, app, address, person, userOf, begin, enter, throughSecond } = await place(t, start)
    const own = address()
    const browser = await person(own)
    await yes(browser, await enter(browser, await begin(browser), own))
    const { id, identities } = await userOf(own)
    const { backend } = identities.find(({ backend }) => backend !== 'local')!
    const there = new Browser()
    await throughSecond(own, there)
    const { form } = await walk(url, await newClient(url), {}, there)
    const access = (await post(`${url}/token`, form)).body['access_token'] as string
    const { secret } = await app.accessKeys.create({
      userId: id,
      name: 'n8n',
      scopes: ['mcp:read'],
      days: 9,
      backend
    })
    t.same([await ping(url, access), await ping(url, secret)], [200, 200])
    app.grants.revokeAllOf = async () => {
      throw new StorageUnavailable('away')
    }
    await t.rejects(
      app.signIn.lifecycle.removeSignInMethods(id, (one) => one.backend === backend),
      { name: 'StorageUnavailable' }
    )
    t.same([await ping(url, access), await ping(url, secret)], [401, 401])
  }
)

storageTest(
  'a removed password leads nobody in as somebody new, wherever storage has cut the removal short (AC-02)',
  async (t, start) => {
    const { url, app, address, person, userOf, begin, enter, signIn, isIn } = await place(t, start)
    const { lifecycle, backends } = app.signIn
    const local = backends.get('local')!
    const { records } = app.userStore
    const isLocal = ({ backend }: { backend: string }) => backend === 'local'
    const away = async () => {
      throw new StorageUnavailable('away')
    }
    for (const [name, cut] of [
      ['while the account is deleted', () => Object.assign(local, { deleteUser: away })],
      ['while it is taken from its person', () => Object.assign(records, { update: away })]
    ] as const) {
      const own = address()
      const browser = await person(own)
      // The service names another mailbox, so that nobody is asked whether both are one.
      await yes(browser, await enter(browser, await begin(browser), address()))
      const { id } = await userOf(own)
      const [{ deleteUser }, { update }] = [local, records]
      cut()
      await t.rejects(lifecycle.removeSignInMethods(id, isLocal), { name: 'StorageUnavailable' }, name)
      Object.assign(local, { deleteUser })
      Object.assign(records, { update })
      const thief = new Browser()
      await signIn(own, PASSWORD, thief)
      const withAddress = (await Array.fromAsync(lifecycle.all())).filter(({ identities }) => identities.some(({ email }) => email === own))
      t.same(withAddress.map((user) => user.id), [id], `${name}: nobody new has the address`)
      t.equal((await lifecycle.removeSignInMethods(id, isLocal)).length, 1, `${name}: it is still there to be removed`)
      t.equal(await isIn(thief), false, name)
      await signIn(own, PASSWORD, thief)
      t.equal(await isIn(thief), false, name)
      t.match(await signIn(own, PASSWORD), { status: 401 }, name)
      t.equal((await new Browser().get(`${url}/account`)).status, 200)
    }
  }
)

storageTest(
  'what came by a removed method, where storage has cut the removal short, does not come back with another of its service (AC-02)',
  async (t, start) => {
    const { url, app, address, person, userOf, begin, enter, throughSecond } = await place(t, start)
    const own = address()
    const owner = await person(own)
    // A thief has added a method of theirs, connected an app by it, and made a key.
    const theirs = address()
    await yes(owner, await enter(owner, await begin(owner), theirs))
    const { id, identities } = await userOf(own)
    const { backend } = identities.find((one) => one.backend !== 'local')!
    const thief = new Browser()
    await throughSecond(theirs, thief)
    const client = await newClient(url)
    const { form } = await walk(url, client, {}, thief)
    const { body } = await post(`${url}/token`, form)
    const { secret } = await app.accessKeys.create({ userId: id, name: 'n8n', scopes: ['mcp:read'], days: 9, backend })
    const { revokeAllOf } = app.grants
    app.grants.revokeAllOf = async () => {
      throw new StorageUnavailable('away')
    }
    await t.rejects(app.signIn.lifecycle.removeSignInMethods(id, (one) => one.backend === backend), { name: 'StorageUnavailable' })
    app.grants.revokeAllOf = revokeAllOf
    // The owner adds their own account at the same service.
    const again = new Browser()
    await again.submit(await again.get(`${url}/login`), ({ fields }) => fields['backend'] === 'local', { email: own, password: PASSWORD })
    await yes(again, await enter(again, await begin(again), address()))
    t.equal((await app.signIn.lifecycle.find(id))!.identities.length, 2)
    t.same([await ping(url, body['access_token'] as string), await ping(url, secret)], [401, 401])
    const refreshed = await post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: body['refresh_token'] as string })
    t.equal(refreshed.status, 400)
  }
)
