// Who may sign in, and as whom: the allow-list, newcomers without an invitation, one account for each person (threats
// LG-12, WB-11).
import t from 'tap'
import { canAddSignInMethod, createAdmissions } from '../../../plugins/sign-in/admission.ts'
import { Browser } from '../../helpers/browser.ts'
import { startDirectory } from '../../helpers/directory.ts'
import { startServer } from '../../helpers/server.ts'
import { service } from '../../helpers/vouching-service.ts'

const PASSWORD = 'eleven quiet otters 42'

t.test("who only types an address is not told that it is somebody's, and becomes nobody else", async (t) => {
  const path = await service(t)
  const { url, app } = await startServer(t, { env: { AUTH_BACKEND: `local,${path}` } })
  const owner = new Browser()
  await owner.submit(await owner.get(`${url}/login`), ({ fields }) => fields['backend'] === path, {
    email: 'ann@example.com',
    password: 'x'
  })
  const answers = await Promise.all(
    ['ann@example.com', 'nobody@example.com'].map(async (email) => {
      const browser = new Browser()
      return browser.submit(await browser.get(`${url}/signup`), ({ fields }) => fields['backend'] === 'local', {
        email,
        password: PASSWORD
      })
    })
  )
  t.same(
    answers.map(({ status, url: at }) => [status, new URL(at).pathname]),
    [
      [200, '/'],
      [200, '/']
    ]
  )
  t.equal((await Array.fromAsync(app.signIn.lifecycle.all())).length, 3)

  const second = new Browser()
  const account = { email: 'second ann@example.com', password: 'x' }
  const page = await second.submit(
    await second.get(`${url}/login`),
    ({ fields }) => fields['backend'] === path,
    account
  )
  t.equal(
    new URL(page.url).pathname,
    '/',
    'nor is who has a second account at the same service asked for a way in that they cannot show'
  )
  t.equal((await Array.fromAsync(app.signIn.lifecycle.all())).length, 4)
})

t.test('codes that are wrong again and again slow down the account, from whatever page they come (RL-02)', async (t) => {
  const directory = await startDirectory(t)
  directory.people.set('cid@example.com', { id: 'employee-13', password: PASSWORD, code: '246810' })
  const { url } = await startServer(t, { env: { ...directory.env, RATE_LIMITS: 'sign-in=1000' } })
  const guess = async (tries: number) => {
    const browser = new Browser()
    let page = await browser.submit(await browser.get(`${url}/login`), ({ fields }) => 'password' in fields, {
      email: 'cid@example.com',
      password: PASSWORD
    })
    for (let count = 0; count < tries; count++) page = await browser.submit(page, () => true, { code: '000000' })
  }
  for (let pages = 0; pages < 3; pages++) await guess(4)
  const begun = performance.now()
  await guess(1)
  // Twelve failures: the sign-in and the code wait a second each, whatever the machine.
  t.ok(performance.now() - begun > 900)
})

t.test(
  "one click is nobody's way to add, a backend leads to a person once, and a temporary account gets no way in",
  async (t) => {
    const user = {
      id: 'u',
      identities: [{ backend: 'local', subject: 's' }],
      backend: 'local',
      createdAt: 1,
      lastSignInAt: 1
    }
    const password = { title: 'T' }
    const oneClick = { ...password, oneClick: { label: 'L', signIn: async () => ({ subject: 's' }) } }
    t.equal(canAddSignInMethod(user, ['other', password]), true)
    t.equal(canAddSignInMethod(user, ['local', password]), false)
    t.equal(canAddSignInMethod(user, ['demo', oneClick]), false)
    t.equal(canAddSignInMethod({ ...user, endsAt: 2_000_000_000 }, ['other', password]), false)
  }
)

t.test('a password that is changed while somebody signs in with it, at whatever moment, lets nobody in (LG-12)', async (t) => {
  const identity = { subject: 'ann', email: 'ann@example.com', emailVerified: true, generation: 1 } as const
  const user = { id: 'u', identities: [{ backend: 'local', subject: 'ann' }] }
  for (const moment of ['never', 'before', 'while they are found', 'while they enter', 'gone', 'given to another'] as const) {
    let account: object | undefined = { subject: 'ann', generation: 1 }
    const at = (name: typeof moment) => { if (name === moment) account = { subject: 'ann', generation: 2 } }
    if (moment === 'gone') account = undefined
    if (moment === 'given to another') account = { subject: 'bob', generation: 1 }
    at('before')
    const admissions = createAdmissions({
      backends: new Map([['local', { accounts: { find: async () => account } }]]),
      users: {
        findBy: async () => { at('while they are found'); return user },
        signInAgain: async () => { at('while they enter'); return user }
      },
      findHeld: async () => undefined,
      allowedEmails: [],
      now: () => 1_800_000_000
    } as never)
    const entered = admissions.admit('local', identity as never, { intent: { kind: 'page' } } as never, {} as never)
    if (moment === 'never') t.match(await entered, { kind: 'user' })
    else await t.rejects(entered, { code: 'sign_in_expired' }, moment)
  }
})
