// Whoever reads one mailbox of a person cannot change the account unseen by the others: every proven address is told
// (threats TF-01, TF-02).
import { randomUUID } from 'node:crypto'
import { StorageUnavailable } from '../../../plugins/storage/contract.ts'
import { parseEmail } from '../../../auth-backends/contract.ts'
import { Browser } from '../../helpers/browser.ts'
import { ping } from '../../helpers/oauth.ts'
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
    const { url, app, address, person, userOf, begin, enter, accessThroughSecond } = await place(t, start)
    const own = address()
    const browser = await person(own)
    await yes(browser, await enter(browser, await begin(browser), own))
    const { id, identities } = await userOf(own)
    const { backend } = identities.find(({ backend }) => backend !== 'local')!
    const { access, key } = await accessThroughSecond(own, id)
    t.same([await ping(url, access), await ping(url, key)], [200, 200])
    app.grants.revokeAllOf = async () => {
      throw new StorageUnavailable('away')
    }
    await t.rejects(
      app.signIn.lifecycle.removeSignInMethods(id, (one) => one.backend === backend),
      { name: 'StorageUnavailable' }
    )
    t.same([await ping(url, access), await ping(url, key)], [401, 401])
  }
)
