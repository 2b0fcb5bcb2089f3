// What every sign-in backend must do, whatever stands behind it. A
// backend's own test calls this first and adds what is
// special to it.
import type { Test } from 'tap'
import type { AuthBackend, Credentials, SignedIn, SignInAnswer, SignUpResult } from '../../auth-backends/contract.ts'
import { english } from '../../languages/index.ts'
import { accountsContract } from './contract-accounts.ts'
import { emailCodeContract, redirectContract, unreachableContract } from './contract-services.ts'
import { freshAddress, HOSTILE, NEW_PASSWORD, type BackendUnderTest } from './under-test.ts'

export { tellsASecret } from './contract-services.ts'

export async function backendContract (t: Test, under: BackendUnderTest): Promise<void> {
  const backend = await under.open()
  t.teardown(() => backend.close?.())

  t.test('says what it is called and offers a way in', async (t) => {
    t.match(english.say(backend.title), /\S/)
    const ways = [backend.password, backend.oneClick, backend.emailCode, ...(backend.redirect?.providers ?? [])].filter(
      (way) => way !== undefined
    )
    t.not(ways.length, 0)
    for (const way of ways) t.match(english.say(way.label), /\S/)
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

  t.test('one click takes any browser id for what it is (LG-13)', async (t) => {
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

  t.test('wrong credentials are null, and so is an unknown person (LG-12, LG-14)', async (t) => {
    t.equal(await verify(person.identifier, `${person.password}x`), null)
    t.equal(await verify(person.identifier, person.password.slice(0, -1)), null)
    t.equal(await verify(person.identifier, person.password.toUpperCase()), null)
    t.equal(await verify(person.identifier, ''), null)
    t.equal(await verify('nobody@example.com', person.password), null)
    t.equal(await verify('', ''), null)
  })

  t.test('hostile strings sign nobody in and are no fault of the server (LG-13)', async (t) => {
    for (const hostile of HOSTILE) {
      const shown = JSON.stringify(hostile.slice(0, 40))
      t.equal(await verify(hostile, person.password), null, `as the address: ${shown}`)
      t.equal(await verify(person.identifier, hostile), null, `as the password: ${shown}`)
    }
    t.match(
      await verify(person.identifier, person.password), { subject: String },
      'the person still gets in'
    )
    t.equal(({} as Record<string, unknown>)['subject'], undefined)
  })
}

const inWords = (result: SignUpResult) => ('message' in result ? { ...result, message: english.say(result.message) } : result)

function signUpContract (t: Test, backend: AuthBackend, person: Credentials): void {
  const create = (email: string, password: string, name?: string) => backend.signUp!.create({ email, password, name })

  t.test('a taken address, however it is spelled, is not signed in and keeps its password (LG-15)', async (t) => {
    for (const email of [person.identifier, person.identifier.toUpperCase(), ` ${person.identifier}`]) {
      const result = await create(email, NEW_PASSWORD)
      t.not(result.kind, 'signed-up', email)
    }
    t.equal(await backend.password!.verify({ identifier: person.identifier, password: NEW_PASSWORD }), null)
    t.match(await backend.password!.verify(person), { subject: String })
  })

  t.test('what is no address is refused beside the field (LG-13, LG-16)', async (t) => {
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
      t.match(inWords(result), { kind: 'refused', field: 'email', message: /\S/ }, JSON.stringify(hostile.slice(0, 40)))
    }
  })

  t.test(
    'weak and oversized passwords are refused beside the field, and the message does not repeat them (LG-16)',
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
        t.match(inWords(result), { kind: 'refused', field: 'password', message: /\S/ }, password.slice(0, 20))
        if (password.trim() !== '') t.notOk(JSON.stringify(inWords(result)).includes(`"${password}"`))
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

  t.test('a passphrase of 64 characters makes an account (LG-16)', async (t) => {
    const result = await create(
      freshAddress(),
      'four unrelated words, then some more of them until sixty-four ok',
      ' Ann  '
    )
    t.match(result, { kind: /^(signed-up|confirm)$/ })
  })
}
