// The part of the contract for backends with a service elsewhere:
// redirects, codes by e-mail, and a service that is down.
import { inspect } from 'node:util'
import type { Test } from 'tap'
import type { AuthBackend } from '../../auth-backends/contract.ts'
import { HOSTILE, type BackendUnderTest } from './under-test.ts'

export function redirectContract (
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

  t.test('hostile answers sign nobody in (LG-13)', async (t) => {
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

export function emailCodeContract (t: Test, backend: AuthBackend): void {
  const { send, verify } = backend.emailCode!

  t.test('hostile addresses and codes sign nobody in and are no fault of the server (LG-13)', async (t) => {
    for (const hostile of HOSTILE.filter((text) => !/^(__proto__|constructor)@/.test(text))) {
      const shown = JSON.stringify(hostile.slice(0, 40))
      t.match(await send({ email: hostile, mayCreate: false }), { refused: /\S/ }, `as the address: ${shown}`)
      t.equal(await verify({ email: hostile, code: '123456' }), null, `with an address: ${shown}`)
      t.equal(await verify({ email: 'ann@example.com', code: hostile }), null, `as the code: ${shown}`)
    }
  })

  t.test('nobody learns who has an address (LG-14)', async (t) => {
    const answer = async (email: string) =>
      JSON.stringify(await send({ email, mayCreate: false })).replaceAll(email, 'somebody')
    t.equal(await answer('ann@example.com'), await answer('nobody.at.all@example.com'))
  })
}

export function unreachableContract (
  t: Test,
  under: BackendUnderTest,
  unreachable: NonNullable<BackendUnderTest['unreachable']>
): void {
  t.test('what cannot be reached throws, signs nobody in, and tells no secret (WB-16)', async (t) => {
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
