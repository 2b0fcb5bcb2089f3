// What every sign-in backend must do, whatever stands behind it. A backend's own test calls this first and adds what is
// special to it.
import { inspect } from 'node:util'
import type { Test } from 'tap'
import { parseEmail, type AuthBackend, type Credentials, type SignedIn, type SignInAnswer } from '../../auth-backends/contract.ts'

export interface BackendUnderTest {
  /** Opens the backend afresh on the same people, as a restart does. */
  open(): Promise<AuthBackend>
  /** Somebody who can sign in, for a backend with passwords. */
  person?: Credentials
  /** Somebody goes to the provider's pages and back, for a backend with a redirect. */
  throughRedirect?: (backend: AuthBackend) => Promise<SignInAnswer>
  /** The backend with what it stands on away, and the error that must then be thrown. */
  unreachable?: () => Promise<{ backend: AuthBackend; error: new (...args: never[]) => Error }>
  /** Strings of the configuration that must stay out of every error. */
  secrets?: string[]
}

/** LG-13: what attackers write into login fields. */
const HOSTILE = [
  "' OR '1'='1",
  "admin'--",
  "'; DROP TABLE users; --@example.com",
  '*)(uid=*))(|(uid=*',
  '{"$gt":""}',
  '[object Object]',
  '<script>alert(1)</script>@example.com',
  '<%= 7*7 %>',
  '{{7*7}}',
  ['$', '{7*7}@example.com'].join(''),
  'a\0b@example.com',
  '\0',
  '__proto__',
  'constructor',
  '__proto__@example.com',
  'constructor@example.com',
  'a@example.com\r\nBcc: b@example.com',
  '../../etc/passwd',
  '\ud800@example.com',
  '',
  ' ',
  '@',
  'x'.repeat(500_000),
  `${'x'.repeat(500_000)}@example.com`
]

const NEW_PASSWORD = 'Lantern otter Vienna plum'
let made = 0
const freshAddress = () => `fresh${process.pid}-${++made}@example.com`

export async function backendContract (t: Test, under: BackendUnderTest): Promise<void> {
  const backend = await under.open()
  t.teardown(() => backend.close?.())

  t.test('says what it is called and offers a way in', async (t) => {
    t.match(backend.title, /\S/)
    const ways = [backend.password, backend.oneClick, backend.emailCode, ...(backend.redirect?.providers ?? [])].filter(
      (way) => way !== undefined
    )
    t.not(ways.length, 0)
    for (const way of ways) t.match(way.label, /\S/)
  })

  if (backend.oneClick) oneClickContract(t, under, backend)
  if (under.person) passwordContract(t, under, backend, under.person)
  if (under.person && backend.signUp) signUpContract(t, backend, under.person)
  if (under.person && backend.accounts) accountsContract(t, under, backend, under.person)
  if (under.throughRedirect) redirectContract(t, under, backend, under.throughRedirect)
  if (backend.emailCode) emailCodeContract(t, backend)
  if (under.unreachable) unreachableContract(t, under, under.unreachable)

  t.test('may be closed twice', async (t) => {
    const other = await under.open()
    await other.close?.()
    await t.resolves(Promise.resolve(other.close?.()))
  })
}

function oneClickContract (t: Test, under: BackendUnderTest, backend: AuthBackend): void {
  t.test('one click: a browser stays one person, also over a restart, and two browsers are two', async (t) => {
    const enter = (browser: string) => backend.oneClick!.signIn(browser)
    const first = await enter('browser-1')
    t.match(first.subject, /^\S{16,}$/)
    t.same(await enter('browser-1'), first)
    const again = await under.open()
    t.same(await again.oneClick!.signIn('browser-1'), first)
    await again.close?.()
    t.not((await enter('browser-2')).subject, first.subject)
  })

  t.test('LG-13: one click takes any browser id for what it is', async (t) => {
    const subjects = await Promise.all(
      HOSTILE.map(async (browser) => (await backend.oneClick!.signIn(browser)).subject)
    )
    t.equal(new Set(subjects).size, HOSTILE.length)
  })
}

function passwordContract (t: Test, under: BackendUnderTest, backend: AuthBackend, person: Credentials): void {
  const verify = (identifier: string, password: string) => backend.password!.verify({ identifier, password })
  /** A session is another one each time. */
  const who = async (answer: Promise<SignInAnswer>) => {
    const { session: _, ...identity } = (await answer) as SignedIn
    return identity
  }

  t.test('the subject is the same at every sign-in, over a restart, and however the address is spelled', async (t) => {
    const first = await who(verify(person.identifier, person.password))
    t.match(first, { subject: /^\S{8,}$/ })
    t.same(await who(verify(person.identifier, person.password)), first)
    t.same(await who(verify(`  ${person.identifier.toUpperCase()} `, person.password)), first)
    const again = await under.open()
    t.same(await who(again.password!.verify(person)), first)
    await again.close?.()
  })

  t.test('LG-12, LG-14: wrong credentials are null, and so is an unknown person', async (t) => {
    t.equal(await verify(person.identifier, `${person.password}x`), null)
    t.equal(await verify(person.identifier, person.password.slice(0, -1)), null)
    t.equal(await verify(person.identifier, person.password.toUpperCase()), null)
    t.equal(await verify(person.identifier, ''), null)
    t.equal(await verify('nobody@example.com', person.password), null)
    t.equal(await verify('', ''), null)
  })

  t.test('LG-13: hostile strings sign nobody in and are no fault of the server', async (t) => {
    for (const hostile of HOSTILE) {
      const shown = JSON.stringify(hostile.slice(0, 40))
      t.equal(await verify(hostile, person.password), null, `as the address: ${shown}`)
      t.equal(await verify(person.identifier, hostile), null, `as the password: ${shown}`)
    }
    t.match(await verify(person.identifier, person.password), { subject: String }, 'the person still gets in')
    t.equal(({} as Record<string, unknown>)['subject'], undefined)
  })
}

function signUpContract (t: Test, backend: AuthBackend, person: Credentials): void {
  const create = (email: string, password: string, name?: string) => backend.signUp!.create({ email, password, name })

  t.test('LG-15: a taken address, however it is spelled, is not signed in and keeps its password', async (t) => {
    for (const email of [person.identifier, person.identifier.toUpperCase(), ` ${person.identifier}`]) {
      const result = await create(email, NEW_PASSWORD)
      t.not(result.kind, 'signed-up', email)
    }
    t.equal(await backend.password!.verify({ identifier: person.identifier, password: NEW_PASSWORD }), null)
    t.match(await backend.password!.verify(person), { subject: String })
  })

  t.test('LG-13, LG-16: what is no address is refused beside the field', async (t) => {
    for (const hostile of [
      ...HOSTILE,
      'ann',
      'ann@',
      'ann@localhost',
      'ann smith@example.com',
      `${'a'.repeat(250)}@example.com`
    ]) {
      const result = await create(hostile, NEW_PASSWORD)
      // Two of them are addresses in earnest, and may be somebody's.
      if (/^(__proto__|constructor)@/.test(hostile)) continue
      t.match(result, { kind: 'refused', field: 'email', message: /\S/ }, JSON.stringify(hostile.slice(0, 40)))
    }
  })

  t.test(
    'LG-16: weak and oversized passwords are refused beside the field, and the message does not repeat them',
    async (t) => {
      for (const password of [
        '',
        'short',
        '        ',
        'aaaaaaaaaaaa',
        '12345678',
        'Password123!',
        'P@ssw0rd',
        'fresh.person',
        'fresh.person2026',
        'x'.repeat(500_000)
      ]) {
        const result = await create('fresh.person@example.com', password)
        t.match(result, { kind: 'refused', field: 'password', message: /\S/ }, password.slice(0, 20))
        if (password.trim() !== '') t.notOk(JSON.stringify(result).includes(`"${password}"`))
      }
    }
  )

  t.test('a name that hides something is refused beside the field', async (t) => {
    for (const name of ['x'.repeat(5000), 'Ann\u202Egnp', 'Ann\0']) {
      t.match(
        await create(freshAddress(), NEW_PASSWORD, name),
        { kind: 'refused', field: 'name' },
        JSON.stringify(name.slice(0, 20))
      )
    }
  })

  t.test('LG-16: a passphrase of 64 characters makes an account', async (t) => {
    const result = await create(
      freshAddress(),
      'four unrelated words, then some more of them until sixty-four ok',
      ' Ann  '
    )
    t.match(result, { kind: /^(signed-up|confirm)$/ })
  })
}

function accountsContract (
  t: Test,
  under: BackendUnderTest,
  backend: AuthBackend,
  { identifier, password }: Credentials
): void {
  const accounts = backend.accounts!
  const other = freshAddress()

  t.test(
    'accounts: a password is changed by who knows it, an address keeps its subject, and both over a restart',
    async (t) => {
      const before = (await accounts.find(parseEmail(identifier)))!
      const { subject, email } = before
      t.match(await accounts.findBySubject(subject), { subject, email })
      for (const wrong of [...HOSTILE, NEW_PASSWORD]) {
        t.equal(await accounts.checkPassword(subject, wrong), false)
        t.equal(await accounts.changePassword(subject, { present: wrong, next: NEW_PASSWORD }), false)
      }
      for (const nobody of ['', '__proto__', 'nobody']) {
        t.equal(await accounts.findBySubject(nobody), undefined)
        t.equal(await accounts.checkPassword(nobody, password), false)
        t.equal(
          await accounts.changeEmail({ ...before, subject: nobody }, { to: parseEmail(other), verified: true }),
          false,
          'another subject'
        )
        t.equal(await accounts.setPassword({ ...before, subject: nobody }, NEW_PASSWORD, { verified: true }), false)
        t.equal(await accounts.confirm({ ...before, subject: nobody }), false)
      }
      for (const wrong of [
        { ...before, email: parseEmail(other) },
        { ...before, generation: before.generation + 1 },
        { ...before, generation: -1 }
      ]) {
        t.equal(
          await accounts.changeEmail(wrong, { to: parseEmail(freshAddress()), verified: true }),
          false,
          'another address or generation'
        )
        t.equal(await accounts.setPassword(wrong, NEW_PASSWORD, { verified: true }), false)
        t.equal(await accounts.confirm(wrong), false)
      }
      t.same(await accounts.find(parseEmail(identifier)), before)
      t.equal(await accounts.checkPassword(subject, password), true, 'nothing of it changed anything')

      t.equal(await accounts.changePassword(subject, { present: password, next: NEW_PASSWORD }), true)
      const changed = (await accounts.find(email))!
      t.ok(changed.generation > before.generation, 'a new password is a new generation')
      t.match(
        await backend.password!.verify({ identifier: email, password: NEW_PASSWORD }),
        { generation: changed.generation },
        'and a sign-in says of which it is'
      )
      t.equal(
        await accounts.changeEmail(before, { to: parseEmail(other), verified: true }),
        false,
        'what was read before it changes nothing'
      )
      t.equal(await accounts.changeEmail(changed, { to: parseEmail(` ${other.toUpperCase()}`), verified: true }), true)
      t.ok((await accounts.find(parseEmail(other)))!.generation > changed.generation, 'so is a new address')
      const again = await under.open()
      t.match(await again.accounts!.find(parseEmail(other)), { subject, email: other, verified: true })
      t.equal(await again.accounts!.find(email), undefined)
      t.match(await again.password!.verify({ identifier: other, password: NEW_PASSWORD }), { subject, email: other })
      t.equal(await again.password!.verify({ identifier: email, password: NEW_PASSWORD }), null)
      t.equal(await again.password!.verify({ identifier: other, password }), null)
      await again.close?.()

      t.equal(await accounts.changeEmail((await accounts.find(parseEmail(other)))!, { to: email, verified: false }), true)
      t.match(
        await accounts.findBySubject(subject),
        { subject, email, verified: false },
        'what was shown of one mailbox says nothing of another'
      )
      t.equal(await accounts.setPassword((await accounts.find(email))!, NEW_PASSWORD, { verified: false }), true)
      t.match(await accounts.find(email), { verified: false }, 'a link that was handed over shows no mailbox')
      const version = (await accounts.find(email))!
      const set = await Promise.all(
        Array.from({ length: 4 }, () => accounts.setPassword(version, NEW_PASSWORD, { verified: true }))
      )
      t.equal(set.filter(Boolean).length, 1, 'of several that start from one version, one counts')
      t.match(await accounts.find(email), { verified: true, generation: version.generation + 1 })
      t.equal(await accounts.changePassword(subject, { present: NEW_PASSWORD, next: password }), true)
    }
  )

  t.test('LG-13, LG-16: what is no address or no good password is said to be so', async (t) => {
    for (const hostile of HOSTILE.filter((text) => !/^(__proto__|constructor)@/.test(text))) { t.match(accounts.readEmail(hostile), { problem: /\S/ }, JSON.stringify(hostile.slice(0, 40))) }
    t.same(accounts.readEmail(` ${other.toUpperCase()} `), { email: other })
    for (const weak of ['', 'short', 'Password123!', 'x'.repeat(500_000)]) { t.match(await accounts.passwordProblem(parseEmail(identifier), weak), /\S/, weak.slice(0, 20)) }
    t.equal(await accounts.passwordProblem(parseEmail(identifier), NEW_PASSWORD), undefined)
  })
}

function redirectContract (
  t: Test,
  under: BackendUnderTest,
  backend: AuthBackend,
  throughRedirect: NonNullable<BackendUnderTest['throughRedirect']>
): void {
  const [provider] = backend.redirect!.providers
  const begin = () =>
    backend.redirect!.begin({
      provider: provider!.id,
      callbackUrl: 'http://localhost:8080/login/callback/x',
      state: 'the-state'
    })

  t.test('redirect: the subject is the same at every sign-in and over a restart', async (t) => {
    const first = (await throughRedirect(backend)) as { subject: string }
    t.match(first, { subject: /^\S/ })
    t.match(await throughRedirect(backend), { subject: first.subject })
    const again = await under.open()
    t.match(await throughRedirect(again), { subject: first.subject })
    await again.close?.()
  })

  t.test(
    'redirect: the continuation is not in the address, which no two sign-ins share, and the state is',
    async (t) => {
      const [one, two] = [await begin(), await begin()]
      t.not(one.url, two.url)
      t.not(one.continuation, two.continuation)
      t.match(decodeURIComponent(one.url), 'the-state')
      for (const secret of Object.values(JSON.parse(one.continuation) as Record<string, string>).filter(
        (value) => value.length > 40
      )) {
        if (one.url.includes(secret)) t.match(one.url, `nonce=${secret}`, 'only the nonce is to be seen')
      }
    }
  )

  t.test('LG-13: hostile answers sign nobody in', async (t) => {
    const { continuation } = await begin()
    for (const query of [
      '',
      '?code=x',
      '?code=x&state=the-state',
      '?error=access_denied&state=the-state',
      '?error=server_error&state=the-state',
      '?code=a&code=b&state=the-state',
      '?state=the-state',
      `?code=${'x'.repeat(5000)}&state=the-state`,
      "?code=' OR 1=1--&state=the-state"
    ]) {
      const url = new URL(`http://localhost:8080/login/callback/x${query}`)
      const answer = (await backend
        .redirect!.finish({ url, state: 'the-state', continuation })
        .catch((error: unknown) => error)) as { subject?: string } | null
      t.equal(answer?.subject, undefined, query.slice(0, 40))
      if (answer instanceof Error) t.equal(answer.name, 'BackendUnavailable', query.slice(0, 40))
    }
  })
}

function emailCodeContract (t: Test, backend: AuthBackend): void {
  const { send, verify } = backend.emailCode!

  t.test('LG-13: hostile addresses and codes sign nobody in and are no fault of the server', async (t) => {
    for (const hostile of HOSTILE.filter((text) => !/^(__proto__|constructor)@/.test(text))) {
      const shown = JSON.stringify(hostile.slice(0, 40))
      t.match(await send({ email: hostile, mayCreate: false }), { refused: /\S/ }, `as the address: ${shown}`)
      t.equal(await verify({ email: hostile, code: '123456' }), null, `with an address: ${shown}`)
      t.equal(await verify({ email: 'ann@example.com', code: hostile }), null, `as the code: ${shown}`)
    }
  })

  t.test('LG-14: nobody learns who has an address', async (t) => {
    const answer = async (email: string) =>
      JSON.stringify(await send({ email, mayCreate: false })).replaceAll(email, 'somebody')
    t.equal(await answer('ann@example.com'), await answer('nobody.at.all@example.com'))
  })
}

function unreachableContract (
  t: Test,
  under: BackendUnderTest,
  unreachable: NonNullable<BackendUnderTest['unreachable']>
): void {
  t.test('WB-16: what cannot be reached throws, signs nobody in, and tells no secret', async (t) => {
    const { backend, error } = await unreachable()
    t.teardown(() => backend.close?.())
    const password = 'Secret of somebody 4711'
    const { password: passwords, signUp, redirect, emailCode } = backend
    const attempts = [
      ...(passwords
        ? [under.person?.identifier ?? 'ann@example.com', 'nobody@example.com'].map(
            (identifier) => () => passwords.verify({ identifier, password })
          )
        : []),
      ...(signUp ? [() => signUp.create({ email: 'new.person@example.com', password })] : []),
      ...(redirect && under.throughRedirect ? [() => under.throughRedirect!(backend)] : []),
      ...(emailCode
        ? [
            () => emailCode.send({ email: 'ann@example.com', mayCreate: false }),
            () => emailCode.verify({ email: 'ann@example.com', code: '123456' })
          ]
        : [])
    ]
    t.not(attempts.length, 0)
    for (const attempt of attempts) {
      const thrown = await attempt().then(
        () => undefined,
        (reason: unknown) => reason
      )
      t.type(thrown, error)
      t.equal(tellsASecret(thrown, [password, ...(under.secrets ?? [])]), false)
    }
  })
}

/** Looks at everything a logger would print: message, stack, own properties, causes. */
export const tellsASecret = (error: unknown, secrets: string[]): boolean =>
  secrets.some((secret) => inspect(error, { depth: 10, showHidden: true }).includes(secret))
