// Lock, unlock, sign out everywhere, delete: what happens to a person's tokens, codes and sessions, on SQLite and on
// Redis (threat WB-11).
import { parseEmail } from '../../../auth-backends/contract.ts'
import t from 'tap'
import { lastingUsers } from '../../helpers/users.ts'
import { StorageUnavailable } from '../../../plugins/storage/contract.ts'
import { Browser } from '../../helpers/browser.ts'
import { newClient, ping, post, tokensFor, walk } from '../../helpers/oauth.ts'
import { noRedis, startRedis } from '../../helpers/redis.ts'
import { startServer } from '../../helpers/server.ts'

const redis = await startRedis()

t.teardown(() => redis?.stop())

t.test('who is taken off the allow-list is out (WB-11)', async (t) => {
  const env: Record<string, string> = {}
  const server = await startServer(t, { env })
  const { url } = server
  const client = await newClient(url)
  const browser = new Browser()
  const { form } = await walk(url, client, {}, browser)
  const { body } = await post(`${url}/token`, form)
  env['ALLOWED_EMAILS'] = '@example.com'
  await server.restart()
  t.equal(await ping(url, body['access_token'] as string), 401)
  const account = await browser.get(`${url}/account`)
  t.match(account.url, '/login')
  const token = body['refresh_token'] as string
  const asked = { grant_type: 'refresh_token', refresh_token: token }
  const refused = await post(`${url}/token`, { ...client, ...asked })
  t.match(refused, { status: 400, body: { error: 'invalid_grant' } })
})

t.test('who came by a method that is removed gets no more tokens (WB-11)', async (t) => {
  const env: Record<string, string> = {}
  const server = await startServer(t, { env })
  const client = await newClient(server.url)
  const { refresh: token } = await tokensFor(server.url, client)
  env['AUTH_BACKEND'] = 'local'
  await server.restart()
  const asked = { grant_type: 'refresh_token', refresh_token: token }
  const refused = await post(`${server.url}/token`, { ...client, ...asked })
  t.match(refused, { status: 400, body: { error: 'invalid_grant' } })
})

for (const [name, env] of [
  ['SQLite', {}],
  ['Redis', redis && { REDIS_URL: redis.url, SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A' }]
] as const) {
  t.test(name, { skip: env ? false : noRedis }, async (t) => {
    const server = await startServer(t, { env: env! })
    const { url } = server
    const client = await newClient(url)
    const { lifecycle: people } = server.app.signIn
    const userOf = async (token: string) => (await server.app.grants.verifyAccessToken(token))!.user.id
    const signedIn = async (browser: Browser) => (await browser.get(`${url}/account`)).url.endsWith('/account')

    t.test("a locked person's access tokens, refresh tokens, codes and sessions stop at once (WB-11)", async (t) => {
      const browser = new Browser()
      const first = await walk(url, client, {}, browser)
      const tokens = (await post(`${url}/token`, first.form)).body
      const access = tokens['access_token'] as string
      const unredeemed = await walk(url, client, {}, browser)
      const stranger = await tokensFor(url, client)
      const id = await userOf(access)
      t.equal(await people.lock(id), true)
      t.equal(await ping(url, access), 401)
      const refused = await post(`${url}/token`, {
        ...client,
        grant_type: 'refresh_token',
        refresh_token: tokens['refresh_token'] as string
      })
      t.match(refused, { status: 400, body: { error: 'invalid_grant' } })
      t.match(
        await post(`${url}/token`, unredeemed.form), { status: 400, body: { error: 'invalid_grant' } }
      )
      t.equal(await signedIn(browser), false)
      const login = await browser.get(`${url}/login`)
      t.match(
        await browser.submit(login, ({ fields }) => fields['backend'] === 'demo'),
        { status: 403, text: /locked/ },
        'the same person cannot come in again'
      )
      t.equal(await ping(url, stranger.access), 200, 'nobody else is touched')

      t.equal(await people.unlock(id), true)
      t.equal(await ping(url, access), 401, 'what was ended stays ended')
      await walk(url, client, {}, browser)
      t.equal(await signedIn(browser), true)
    })

    t.test('a lock that storage has cut short leaves nothing that an unlock would give back (WB-11)', async (t) => {
      const { form } = await walk(url, client)
      const access = (await post(`${url}/token`, form)).body['access_token'] as string
      const id = await userOf(access)
      const { grants } = server.app
      const { revokeAllOf } = grants
      grants.revokeAllOf = async () => {
        throw new StorageUnavailable('away')
      }
      t.teardown(() => Object.assign(grants, { revokeAllOf }))
      await t.rejects(people.lock(id), { name: 'StorageUnavailable' })
      t.match([await ping(url, access), await people.find(id)], [401, { locked: true }])
      await t.rejects(people.unlock(id), { name: 'StorageUnavailable' })
      t.match(await people.find(id), { locked: true })
      grants.revokeAllOf = revokeAllOf
      t.equal(await people.unlock(id), true)
      t.same([await ping(url, access), await grants.listByUser(id)], [401, []])
    })

    const changes = {
      'the account is being locked': { locked: true },
      'the way to sign in is being removed': { identities: [] }
    }
    for (const [what, mark] of Object.entries(changes)) {
      t.test(`a code that is redeemed while ${what} gives nothing (WB-11)`, async (t) => {
        const { form } = await walk(url, client)
        // The mark is set, the grants are not ended yet: the worst moment.
        const { id } = (await Array.fromAsync(people.all())).sort((a, b) => b.createdAt - a.createdAt)[0]!
        const users = server.app.storage.collection<object>('user')
        await users.update(id, (user) => ({ write: { record: { ...user, ...mark }, ttl: null }, result: undefined }))
        t.match(await post(`${url}/token`, form), { status: 400, body: { error: 'invalid_grant' } })
        t.same(await server.app.grants.listByUser(id), [], 'and leaves no grant')
      })
    }

    t.test('signed out everywhere: every browser, no app', async (t) => {
      const one = new Browser()
      const { form } = await walk(url, client, {}, one)
      const access = (await post(`${url}/token`, form)).body['access_token'] as string
      t.equal(await people.signOutEverywhere(await userOf(access)), true)
      t.equal(await signedIn(one), false)
      t.equal(await ping(url, access), 200)
    })

    t.test('deleted: the same identity that comes again is somebody new', async (t) => {
      const browser = new Browser()
      const { form } = await walk(url, client, {}, browser)
      const access = (await post(`${url}/token`, form)).body['access_token'] as string
      const id = await userOf(access)
      const erased: string[] = []
      people.onDelete(async (userId) => {
        erased.push(userId)
      })
      t.equal(await people.delete(id), true)
      t.same(erased, [id, id], 'once more after all, for what was still being written')
      t.equal(await ping(url, access), 401)
      t.equal(await signedIn(browser), false)
      t.equal(await people.find(id), undefined)
      t.equal(await people.delete(id), false)
      t.equal(await people.lock('nobody'), false)
      const again = await walk(url, client, {}, browser)
      const renewed = (await post(`${url}/token`, again.form)).body['access_token'] as string
      t.not(await userOf(renewed), id)
    })

    t.test('deleting that fails half-way is gone on with, although nobody asks once more: they cannot (AC-18)', async (t) => {
      const { form } = await walk(url, client)
      const access = (await post(`${url}/token`, form)).body['access_token'] as string
      const id = await userOf(access)
      let isAway = true
      people.onDelete(async () => {
        if (isAway) throw new StorageUnavailable('the notes are away')
      })
      await t.rejects(people.delete(id), { name: 'StorageUnavailable' })
      t.match(await people.find(id), { locked: true })
      t.equal(await ping(url, access), 401)
      await t.rejects(people.deleteExpired(), { name: 'StorageUnavailable' })
      isAway = false
      t.match(await people.deleteExpired(), [{ id }])
      t.equal(await people.find(id), undefined)
      t.same(await people.deleteExpired(), [])
    })

    t.test(
      'a changed address: what another way in has shown stays, what was shown of the old one does not',
      async (t) => {
        const users = lastingUsers(server.app)
        const { id } = await users.signIn('oidc', {
          subject: 'ann elsewhere',
          email: 'ann@work.example',
          emailVerified: true
        })
        await users.link(id, 'local', { subject: 'ann here' })
        const local = { backend: 'local', subject: 'ann here' }
        const who = async (email: string) => (await users.findByVerifiedEmail(email))?.id
        const move = async (from: string, to: string, verified: boolean) => {
          const user = (await users.changeAddress(id, { identity: local, from: parseEmail(from), to: parseEmail(to), verified }))!
          return [user.email, user.emailVerified, (await who('ann@work.example')) === id, (await who(to)) === id]
        }
        t.same(
          await move('ann@home.example', 'anna@home.example', false), ['ann@work.example', true, true, false]
        )
        t.same(
          await move('anna@home.example', 'ann@new.example', true), ['ann@new.example', true, false, true]
        )
        t.same(await move('ann@new.example', 'ann@typed.example', false), [
          'ann@typed.example',
          undefined,
          false,
          false
        ])
        t.equal(
          await who('ann@new.example'), undefined,
          'nobody is joined by an address that was given up'
        )
        t.same(
          (await users.find(id))?.identities.map(({ subject }) => subject),
          ['ann elsewhere', 'ann here']
        )
        const change = { identity: local, from: parseEmail('a'), to: parseEmail('b'), verified: true }
        t.equal(await users.changeAddress('nobody', change), undefined)
        await users.delete((await users.find(id))!)
      }
    )

    t.test('a local account that is deleted is gone, password and all', async (t) => {
      const { accounts } = { accounts: server.app.storage.collection<{ subject: string }>('account') }
      const local = server.app.signIn.backends.get('local')!
      const made = await local.signUp!.create({ email: 'gone@example.com', password: 'eleven quiet otters 42' })
      t.match(made, { kind: 'signed-up' })
      t.equal((await Array.fromAsync(accounts.all())).length, 1)
      await local.deleteUser!((made as { identity: { subject: string } }).identity.subject)
      t.equal((await Array.fromAsync(accounts.all())).length, 0)
      t.equal(
        await local.password!.verify({ identifier: 'gone@example.com', password: 'eleven quiet otters 42' }),
        null
      )
    })
  })
}
