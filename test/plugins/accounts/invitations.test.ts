// Invitations: one lets one new person in, for a week, and the first account of a fresh server has one of its own.
// Nobody new without one where SIGNUP asks for it (threats AC-10, AC-11).
import t from 'tap'
import { StorageUnavailable } from '../../../plugins/storage/contract.ts'
import { Browser } from '../../helpers/browser.ts'
import { startServer } from '../../helpers/server.ts'
import { storageTest } from '../../helpers/storages.ts'
import { service } from '../../helpers/vouching-service.ts'

const PASSWORD = 'eleven quiet otters 42'

const WEEK = 7 * 86_400

t.test(
  'with SIGNUP=closed or invite nobody new comes in at any backend without a link; without SIGNUP a service says who may (AC-10)',
  async (t) => {
    for (const [signup, publicUrl, open] of [
      ['closed', false, false],
      ['invite', false, false],
      ['open', false, true],
      [undefined, true, true],
      ['closed', true, false]
    ] as const) {
      await t.test(`${String(signup)}, ${publicUrl ? 'on a public address' : 'here'}`, async (t) => {
        const path = await service(t)
        const { url, app } = await startServer(t, {
          env: {
            AUTH_BACKEND: `${path},demo,local`,
            ...(signup && { SIGNUP: signup }),
            ...(publicUrl && { PUBLIC_URL: 'https://mcp.example.com' })
          }
        })
        const headers = publicUrl ? { host: 'mcp.example.com', origin: 'https://mcp.example.com' } : { origin: url }
        const enter = async (name: string, invite?: string) => {
          const login = await app.inject({ url: invite === undefined ? '/login' : `/signup?invite=${invite}`, headers })
          const cookie = String(login.headers['set-cookie']).split(';')[0]!
          const interaction = new URL(String(login.headers.location), 'http://x').searchParams.get('interaction')!
          const payload = new URLSearchParams({ interaction, backend: path, email: name, password: 'x' }).toString()
          return (
            await app.inject({
              method: 'POST',
              url: '/login',
              headers: { ...headers, cookie, 'content-type': 'application/x-www-form-urlencoded' },
              payload
            })
          ).statusCode
        }
        const people = async () => (await Array.fromAsync(app.signIn.lifecycle.all())).map(({ email }) => email)
        t.equal(await enter('new@example.com'), open ? 303 : 403)
        t.same(await people(), open ? ['new@example.com'] : [], 'nothing was written')
        if (open) return
        const invite = await app.signIn.invitations.invite()
        t.equal(await enter('ann@example.com', invite), 303, 'by invitation')
        t.equal(await enter('ann@example.com'), 303, 'who has been here comes again')
        t.equal(await enter('bob@example.com'), 403)
        t.same(await people(), ['ann@example.com'])
      })
    }
  }
)

t.test(
  'an invitation that was spent on a sign-up at a service counts when its person comes back; one that made no account is given back',
  async (t) => {
    const path = await service(t)
    const { url, app } = await startServer(t, { env: { AUTH_BACKEND: path, SIGNUP: 'invite' } })
    const invite = await app.signIn.invitations.invite()
    const signUp = async (email: string) => {
      const browser = new Browser()
      return browser.submit(await browser.get(`${url}/signup?invite=${invite}`), ({ action }) => action === '/signup', {
        email,
        password: PASSWORD
      })
    }
    const enter = async (email: string) => {
      const browser = new Browser()
      return (
        await browser.submit(await browser.get(`${url}/login`), ({ fields }) => 'password' in fields, {
          email,
          password: 'x'
        })
      ).status
    }
    t.equal((await signUp('fault@example.com')).status, 500)
    t.equal(await app.signIn.invitations.isValid(invite), true)
    t.match((await signUp('ann@example.com')).text, 'Check your email')
    t.equal(await app.signIn.invitations.isValid(invite), false)
    t.same(
      [await enter('bob@example.com'), await enter('typed ann@example.com')],
      [403, 403],
      'nobody else, nor who only says so'
    )
    t.same([await enter('ann@example.com'), await enter('ann@example.com')], [200, 200])
  }
)

storageTest(
  'one invitation for the first account: a start makes the one before void, and an account makes it void for good (AC-11)',
  async (t, start) => {
    const clock = { now: 1_800_000_000 }
    const { url, app } = await start({ now: () => clock.now, env: { AUTH_BACKEND: 'local', SIGNUP: 'closed' } })
    const { invitations } = app.signIn
    const signUp = async (email: string, invite: string, password = PASSWORD) => {
      const browser = new Browser()
      const page = await browser.get(`${url}/signup?invite=${invite}`)
      return page.status === 200
        ? (await browser.submit(page, ({ action }) => action === '/signup', { email, password })).status
        : page.status
    }
    const records = async () => (await Array.fromAsync(app.storage.collection('firstInvitation').all())).length
    const made = []
    for (let starts = 0; starts < 4; starts++) made.push((await invitations.inviteFirst())!)
    t.equal(await records(), 1, 'they do not pile up')
    const last = made.at(-1)!
    for (const old of made.slice(0, -1)) t.equal(await signUp('old@example.com', old), 403)
    t.equal(
      await signUp('ann@example.com', last, 'password1'), 400,
      'a refused form spends nothing'
    )
    clock.now += WEEK
    t.equal(await signUp('ann@example.com', last), 403, 'a week later, given back or not')
    const next = (await invitations.inviteFirst())!
    const other = await invitations.invite()
    const stillOpen = new Browser()
    const form = await stillOpen.get(`${url}/signup?invite=${next}`)
    t.equal(
      await signUp('bob@example.com', other), 200,
      'somebody has an account by another link'
    )
    t.equal(await signUp('eve@example.com', next), 403)
    t.equal(
      (
        await stillOpen.submit(form, ({ action }) => action === '/signup', {
          email: 'eve@example.com',
          password: PASSWORD
        })
      ).status,
      403,
      'also with a form that was open'
    )
    t.equal(await invitations.inviteFirst(), undefined)
    t.equal(await records(), 0)
    t.equal((await Array.fromAsync(app.storage.collection('account').all())).length, 1)
  }
)

storageTest('invitations last a week, and of many who use one at once one gets in', async (t, start) => {
  const clock = { now: 1_800_000_000 }
  const { invitations } = (await start({ now: () => clock.now, env: { SIGNUP: 'invite' } })).app.signIn
  for (const make of [invitations.invite, async () => (await invitations.inviteFirst())!]) {
    const invite = await make()
    clock.now += WEEK - 1
    t.equal(await invitations.isValid(invite), true)
    const taken = (await Promise.all(Array.from({ length: 5 }, () => invitations.take(invite)))).filter(
      (one) => one !== undefined
    )
    t.equal(taken.length, 1)
    t.equal(await invitations.isValid(invite), false)
    await taken[0]!.giveBack()
    t.equal(await invitations.isValid(invite), true)
    clock.now += 1
    t.equal(await invitations.isValid(invite), false)
    t.equal(await invitations.take(invite), undefined)
  }
  await invitations.hold('service', 'Ann@example.com', { id: 'i', groups: ['finance'] })
  t.equal(await invitations.findHeld('other', 'ann@example.com'), undefined)
  t.same(await invitations.findHeld('service', 'ann@example.com'), { id: 'i', groups: ['finance'] })
  await invitations.dropHeld('service', 'ann@example.com')
  t.equal(await invitations.findHeld('service', 'ann@example.com'), undefined, 'once')
})

storageTest('an invitation is withdrawn also after a clock that leapt (SG-12)', async (t, start) => {
  let now = 1_800_000_000
  const server = await start({ now: () => now, steady: () => 0 })
  const { invitations } = server.app.signIn
  const secret = await invitations.invite()
  now += 100 * 86_400
  await invitations.invite()
  now -= 100 * 86_400
  t.equal(await invitations.isValid(secret), true)
  t.equal((await invitations.list()).length, 2)
  for (const { id } of await invitations.list()) await invitations.withdraw(id)
  t.equal(await invitations.isValid(secret), false)
})

storageTest('what an invitation gives waits for a person who cannot be stored just now, and so does the invitation (AC-10)', async (t, start) => {
  const path = await service(t)
  const { app, url } = await start({
    env: { AUTH_BACKEND: `local,${path}`, SIGNUP: 'closed' }
  })
  const records = app.userStore.records as { update: unknown }
  const { update } = records
  /** A full disk takes nothing new, and lets what is there be deleted. */
  const whileFull = async (work: () => Promise<{ status: number }>) => {
    records.update = () => Promise.reject(new StorageUnavailable('no room'))
    t.equal((await work()).status, 503)
    records.update = update
  }
  const owner = new Browser()
  const secret = await app.signIn.invitations.inviteFirst()
  const first = `${url}/signup?invite=${secret}`
  const account = { email: 'ann@example.com', password: PASSWORD }
  const form = await owner.get(first)
  await whileFull(() =>
    owner.submit(form, ({ action }) => action === '/signup', account)
  )
  await owner.submit(
    await owner.get(`${url}/account`),
    ({ fields }) => 'password' in fields && fields['backend'] === 'local',
    account
  )
  const people = () => Array.fromAsync(app.signIn.lifecycle.all())
  const [ann] = await people()
  t.match(ann, { email: 'ann@example.com', isOwner: true }, 'the first account is the owner')

  const invited = await app.signIn.invitations.invite({ groups: ['finance'] })
  const enter = async () => {
    const browser = new Browser()
    const { forms } = await browser.get(`${url}/signup?invite=${invited}`)
    const { fields } = forms.find(({ action }) => action === '/signup')!
    return browser.post(`${url}/login`, {
      interaction: fields['interaction']!,
      backend: path,
      email: 'bob@example.com',
      password: 'x'
    })
  }
  await whileFull(enter)
  t.equal((await enter()).status, 200, 'the link is not used up')
  const bob = (await people()).find(({ email }) => email !== ann!.email)
  t.match(bob, { email: 'bob@example.com', groups: ['finance'] })
})
