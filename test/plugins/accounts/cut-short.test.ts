// What storage cuts short in the middle of a removal or of a new password: nobody who had access before has it afterwards
// (threats AC-02, AC-04).
import { randomUUID } from 'node:crypto'
import { parseEmail } from '../../../auth-backends/contract.ts'
import { StorageUnavailable } from '../../../plugins/storage/contract.ts'
import { Browser } from '../../helpers/browser.ts'
import { accountsOf } from '../../helpers/local-accounts.ts'
import { ping, post } from '../../helpers/oauth.ts'
import { place, yes } from '../../helpers/sign-in-methods.ts'
import { storageTest } from '../../helpers/storages.ts'
import { PASSWORD } from '../../helpers/with-mail.ts'

const NEXT = 'seven loud badgers 17'

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
      await t.rejects(
        lifecycle.removeSignInMethods(id, isLocal), { name: 'StorageUnavailable' }, name
      )
      Object.assign(local, { deleteUser })
      Object.assign(records, { update })
      const thief = new Browser()
      await signIn(own, PASSWORD, thief)
      const everybody = await Array.fromAsync(lifecycle.all())
      const withAddress = everybody.filter(
        ({ identities }) => identities.some(({ email }) => email === own)
      )
      t.same(
        withAddress.map((user) => user.id), [id],
        `${name}: nobody new has the address`
      )
      t.equal(
        (await lifecycle.removeSignInMethods(id, isLocal)).length, 1,
        `${name}: it is still there to be removed`
      )
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
    const { url, app, address, person, userOf, begin, enter, signIn, accessThroughSecond } = await place(t, start)
    const own = address()
    const owner = await person(own)
    // A thief has added a method of theirs, connected an app by it, and made a key.
    const theirs = address()
    await yes(owner, await enter(owner, await begin(owner), theirs))
    const { id, identities } = await userOf(own)
    const { backend } = identities.find((one) => one.backend !== 'local')!
    const { client, access, refresh, key } = await accessThroughSecond(theirs, id)
    const { revokeAllOf } = app.grants
    app.grants.revokeAllOf = async () => {
      throw new StorageUnavailable('away')
    }
    await t.rejects(
      app.signIn.lifecycle.removeSignInMethods(id, (one) => one.backend === backend),
      { name: 'StorageUnavailable' }
    )
    app.grants.revokeAllOf = revokeAllOf
    // The owner adds their own account at the same service.
    const again = new Browser()
    await signIn(own, PASSWORD, again)
    await yes(again, await enter(again, await begin(again), address()))
    t.equal((await app.signIn.lifecycle.find(id))!.identities.length, 2)
    t.same(
      [await ping(url, access), await ping(url, key)], [401, 401]
    )
    const refreshed = await post(`${url}/token`, {
      ...client,
      grant_type: 'refresh_token',
      refresh_token: refresh
    })
    t.equal(refreshed.status, 400)
  }
)

storageTest(
  'where storage fails in the middle of a reset or a new password, nobody stays signed in beside it (AC-04)',
  async (t, start) => {
    const server = await start({ env: { AUTH_BACKEND: 'local' } })
    const { url, app } = server
    const { accounts, make, issue } = accountsOf(server)
    const email = `${randomUUID()}@example.com`
    const thief = await make(email)
    await accounts.confirm((await accounts.find(parseEmail(email)))!)
    const { lifecycle } = app.signIn
    const { signOutEverywhere } = lifecycle
    /** The password may be changed, but nothing that is done after it. */
    const cut = () => {
      let ends = 0
      lifecycle.signOutEverywhere = async (id) => {
        const now = (await accounts.find(parseEmail(email)))!
        if (now.generation > generation) throw new StorageUnavailable('away')
        ends++
        return signOutEverywhere(id)
      }
      return () => {
        lifecycle.signOutEverywhere = signOutEverywhere
        return ends
      }
    }
    let { generation } = (await accounts.find(parseEmail(email)))!
    const link = await issue(email, { purpose: 'reset', by: 'mail' })
    let heal = cut()
    t.equal((await new Browser().post(`${url}/password/reset`, { link, password: NEXT })).status, 503)
    t.equal(heal(), 1)
    t.match((await thief.get(`${url}/account`)).url, '/login', 'by a link')

    ;({ generation } = (await accounts.find(parseEmail(email)))!)
    const [owner, other] = [new Browser(), new Browser()]
    for (const browser of [owner, other]) {
      await browser.submit(
        await browser.get(`${url}/login`),
        ({ fields }) => 'password' in fields,
        { email, password: NEXT }
      )
    }
    t.match((await other.get(`${url}/account`)).url, '/account')
    heal = cut()
    const page = await owner.get(`${url}/account/password`)
    const changed = await owner.submit(
      page,
      ({ action }) => action === '/account/password',
      { present: NEXT, next: PASSWORD }
    )
    t.equal(changed.status, 503)
    t.equal(heal(), 1)
    t.match((await other.get(`${url}/account`)).url, '/login', 'on the account page')
  }
)
