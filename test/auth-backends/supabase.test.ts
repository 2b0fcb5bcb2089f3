// Supabase sign-in: against a real Supabase Auth, and against a stand-in that fails in every way a service can.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SupabaseClient } from '@supabase/supabase-js'
import { generateKeyPair, jwtVerify, SignJWT } from 'jose'
import t, { type Test } from 'tap'
import { BackendUnavailable } from '../../auth-backends/contract.ts'
import supabase, { openSupabase } from '../../auth-backends/supabase/index.ts'
import { startSupabase } from '../helpers/supabase-lite.ts'
import { backendContract, tellsASecret } from './contract.ts'
import { makeHouse } from './house.ts'

const KEY = 'sb_publishable_for_the_stand_in'
const person = { identifier: 'ann@example.com', password: 'Copper kettle on a tram' }
const UUID = '7f6b2c1e-4a53-4f0e-9d7e-3a1b5c9d2e4f'

const open = (url: string, key = KEY, timeout?: number) =>
  openSupabase(
    supabase.env.parse({
      SUPABASE_URL: url,
      SUPABASE_PUBLISHABLE_KEY: key,
      SUPABASE_PROVIDERS: 'google,github',
      SUPABASE_EMAIL_CODE: 'on'
    }),
    makeHouse(),
    timeout
  )

t.test('with a real Supabase Auth', async (t) => {
  const project = await startSupabase()
  t.teardown(() => project.stop())
  const backend = open(project.url, project.anonKey)
  t.teardown(() => backend.close?.())

  await t.test('sign-up, unconfirmed, confirmed, signed in', async (t) => {
    const asked = await backend.signUp!.create({ email: ' Ann@Example.com', password: person.password, name: 'Ann' })
    t.match(asked, { kind: 'confirm', message: /mailbox/ })
    t.match(await backend.password!.verify(person), { refused: /Confirm your e-mail address first/ })
    await project.confirm(person.identifier)
    t.match(await backend.password!.verify(person), {
      subject: /^[0-9a-f-]{36}$/,
      email: 'ann@example.com',
      emailVerified: true,
      name: 'Ann'
    })
    t.same(
      await backend.signUp!.create({ email: person.identifier, password: 'Lantern otter Vienna plum' }),
      asked,
      'a known address looks like a new one'
    )
  })

  await t.test('contract', (t) =>
    backendContract(t, {
      open: async () => open(project.url, project.anonKey),
      person,
      secrets: [project.anonKey],
      unreachable: async () => ({ backend: open('http://127.0.0.1:9', project.anonKey), error: BackendUnavailable })
    })
  )

  await t.test('many people at once never get each other', async (t) => {
    const people = ['bob', 'cid', 'dot'].map((name) => ({
      identifier: `${name}@example.com`,
      password: `Copper kettle for ${name}`
    }))
    for (const { identifier, password } of people) {
      await backend.signUp!.create({ email: identifier, password })
      await project.confirm(identifier)
    }
    const answers = await Promise.all(
      [...people, ...people, ...people].map(async (one) => ({ one, identity: await backend.password!.verify(one) }))
    )
    for (const { one, identity } of answers) t.match(identity, { email: one.identifier })
  })

  await t.test('WB-16: a wrong key signs nobody in', async (t) => {
    await t.rejects(open(project.url, 'sb_publishable_of_another_project').password!.verify(person), {
      name: 'BackendUnavailable',
      message: /HTTP 401.*SUPABASE_PUBLISHABLE_KEY/
    })
  })
})

t.test('with a project that confirms nobody, an address is not taken as proven', async (t) => {
  const project = await startSupabase({ confirmations: false })
  t.teardown(() => project.stop())
  const backend = open(project.url, project.anonKey)
  t.teardown(() => backend.close?.())
  const signedUp = await backend.signUp!.create({ email: person.identifier, password: person.password })
  t.match(signedUp, { kind: 'signed-up', identity: { email: person.identifier, emailVerified: false } })
  t.match(await backend.password!.verify(person), {
    subject: (signedUp as { identity: { subject: string } }).identity.subject,
    emailVerified: false
  })
  t.match(await backend.signUp!.create({ email: person.identifier, password: 'Lantern otter Vienna plum' }), {
    kind: 'refused',
    field: 'email'
  })
})

/** An answer of Supabase Auth to a right password. */
const session = (user: object = {}) => ({
  access_token: 'the-access-token',
  refresh_token: 'the-refresh-token',
  token_type: 'bearer',
  expires_in: 3600,
  user: {
    id: UUID,
    aud: 'authenticated',
    role: 'authenticated',
    email: person.identifier,
    email_confirmed_at: '2026-01-01T00:00:00Z',
    ...user
  }
})

type Handler = (request: IncomingMessage, response: ServerResponse) => void
const json =
  (status: number, body: unknown): Handler =>
    (_request, response) => {
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(body === undefined ? undefined : JSON.stringify(body))
    }
const text =
  (status: number, body: string): Handler =>
    (_request, response) => {
      response.writeHead(status, { 'content-type': 'text/html' }).end(body)
    }

/** Answers each path of Supabase Auth as told; keeps what it was asked. */
async function standIn (t: Test, answers: Record<string, Handler>, bodies: string[] = []) {
  const asked: { path: string; authorization: string | undefined }[] = []
  const server = createServer((request, response) => {
    const path = request.url!.replace('/auth/v1/', '')
    asked.push({ path, authorization: request.headers.authorization })
    let body = ''
    request
      .on('data', (chunk) => {
        body += String(chunk)
      })
      .on('end', () => {
        if (body) bodies.push(body)
      })
    request.on('end', () => (answers[path.split('?')[0]!] ?? json(404, {}))(request, response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

const refusal = (status: number, code: string): Handler => json(status, { code: status, error_code: code, msg: code })
const settings = json(200, { mailer_autoconfirm: false })

t.test(
  'WB-16: every fault is BackendUnavailable at sign-in and sign-up, never an identity, and tells no secret',
  async (t) => {
    const echo = {
      msg: `wrong: ${person.password} ${KEY}`,
      message: `wrong: ${person.password} ${KEY}`,
      error_code: person.password
    }
    const faults: Record<string, { answer: Handler; says: RegExp }> = {
      'HTTP 500': { answer: json(500, echo), says: /HTTP 500/ },
      'HTTP 503 page': { answer: text(503, `<html>${person.password}`), says: /HTTP 503/ },
      'HTTP 429': {
        answer: json(429, { ...echo, error_code: 'over_request_rate_limit' }),
        says: /HTTP 429 over_request_rate_limit/
      },
      'HTTP 401 wrong key': {
        answer: json(401, { message: 'Invalid API key' }),
        says: /HTTP 401: check SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY/
      },
      'HTTP 404 page of another site': { answer: text(404, '<html>not here'), says: /cannot be read/ },
      'HTTP 400 of unknown meaning': {
        answer: json(400, { ...echo, error_code: 'something_new' }),
        says: /HTTP 400 something_new/
      },
      'HTTP 400 with a code that is no code': { answer: json(400, echo), says: /HTTP 400$/ },
      'a captcha is demanded': {
        answer: json(400, { error_code: 'captcha_failed', msg: 'captcha' }),
        says: /captcha_failed/
      },
      'no JSON': { answer: text(200, `<html>${person.password}`), says: /cannot be read/ },
      'JSON that is cut off': { answer: text(200, '{"access_token":"x","user":{"id":"'), says: /cannot be read/ },
      'JSON null': { answer: json(200, null), says: /cannot be read|no user/ },
      'an empty object': { answer: json(200, {}), says: /cannot be read|no user/ },
      'a list': { answer: json(200, [session()]), says: /cannot be read|no user/ },
      'no user': { answer: json(200, { ...session(), user: undefined }), says: /cannot be read|no user/ },
      'a user without id': { answer: json(200, session({ id: undefined })), says: /no user/ },
      'an empty id': { answer: json(200, session({ id: '' })), says: /no user/ },
      'an id of another shape': { answer: json(200, session({ id: { toString: 'x' } })), says: /no user/ },
      'an id that is a path': { answer: json(200, session({ id: '../admin' })), says: /no user/ },
      'another user': { answer: json(200, session({ email: 'mallory@example.com' })), says: /another user/ },
      'no answer': { answer: () => {}, says: /did not answer within 150 ms/ },
      'half an answer': {
        answer: (_request, response) => {
          response.writeHead(200).write('{"access_token"')
        },
        says: /cannot be read/
      },
      'a connection that is cut': {
        answer: (_request, response) => {
          response.destroy()
        },
        says: /could not be reached/
      }
    }
    for (const [fault, { answer, says }] of Object.entries(faults)) {
      const { url } = await standIn(t, { token: answer, signup: answer, settings })
      const backend = open(url, KEY, 150)
      const attempts = {
        'sign-in': () => backend.password!.verify(person),
        'sign-up': () => backend.signUp!.create({ email: person.identifier, password: person.password })
      }
      for (const [name, attempt] of Object.entries(attempts)) {
        const thrown = await attempt().then(
          (identity) => identity,
          (error: unknown) => error
        )
        t.type(thrown, BackendUnavailable, `${name}: ${fault}`)
        t.match(thrown, { message: says }, `${name}: ${fault}`)
        t.equal(
          tellsASecret(thrown, [person.password, KEY, 'the-access-token', 'the-refresh-token']),
          false,
          `${name}: ${fault} tells no secret`
        )
      }
      await backend.close?.()
    }
    await t.rejects(open('http://127.0.0.1:9').password!.verify(person), {
      name: 'BackendUnavailable',
      message: /could not be reached/
    })
  }
)

t.test('WB-16: the password does not follow a redirect to another host', async (t) => {
  const other = await standIn(t, { token: json(200, session()), signup: json(200, session()) })
  const redirect: Handler = (request, response) => {
    response.writeHead(307, { location: other.url + request.url }).end()
  }
  const backend = open((await standIn(t, { token: redirect, signup: redirect, settings })).url)
  await t.rejects(backend.password!.verify(person), { name: 'BackendUnavailable' })
  await t.rejects(backend.signUp!.create({ email: person.identifier, password: person.password }), {
    name: 'BackendUnavailable'
  })
  t.same(other.asked, [])
})

t.test('WB-16: without an answer about "Confirm email" nobody is signed in', async (t) => {
  for (const answer of [json(500, {}), json(200, {}), text(200, 'x'), () => {}]) {
    const { url } = await standIn(t, { token: json(200, session()), settings: answer })
    await t.rejects(open(url, KEY, 150).password!.verify(person), { name: 'BackendUnavailable' })
  }
})

t.test('what Supabase says about a person', async (t) => {
  const verify = async (answer: Handler) =>
    open((await standIn(t, { token: answer, settings })).url).password!.verify(person)
  t.equal(await verify(refusal(400, 'invalid_credentials')), null)
  t.equal(await verify(refusal(400, 'user_banned')), null, 'said before the password is looked at')
  t.match(await verify(refusal(400, 'email_not_confirmed')), { refused: /Confirm/ })
  t.match(await verify(json(200, session({ factors: [{ id: UUID, status: 'verified', factor_type: 'totp' }] }))), {
    factor: { prompt: /authenticator app/ }
  })
  t.match(await verify(json(200, session({ factors: [{ id: UUID, status: 'verified', factor_type: 'webauthn' }] }))), {
    refused: /of a kind/
  })
  t.match(await verify(json(200, session({ factors: [{ id: UUID, status: 'unverified', factor_type: 'totp' }] }))), {
    subject: UUID
  })
  t.match(await verify(json(200, session())), {
    subject: UUID,
    email: person.identifier,
    emailVerified: true,
    name: undefined,
    session: String
  })
  t.match(await verify(json(200, session({ email_confirmed_at: null }))), { emailVerified: false })
  t.match(await verify(json(200, session({ user_metadata: { name: 'Ann Smith' } }))), { name: 'Ann Smith' })
  t.equal(
    (
      (await verify(json(200, session({ user_metadata: { full_name: { first: 'Ann' }, name: 'x'.repeat(999) } })))) as {
        name?: string
      }
    ).name,
    undefined
  )
})

t.test('what Supabase says about a sign-up', async (t) => {
  const create = async (status: number, code: string, more = {}) =>
    open(
      (await standIn(t, { signup: json(status, { code: status, error_code: code, msg: `text of ${code}`, ...more }) }))
        .url
    ).signUp!.create({ email: person.identifier, password: person.password })
  t.match(
    await create(422, 'weak_password', {
      msg: 'Password should contain a digit.',
      weak_password: { reasons: ['characters'] }
    }),
    { kind: 'refused', field: 'password', message: /should contain a digit/ }
  )
  t.match(await create(422, 'signup_disabled'), { kind: 'refused', field: 'email', message: /cannot be made/ })
  t.match(await create(400, 'validation_failed'), { kind: 'refused', field: 'email' })
  t.match(await create(422, 'user_already_exists'), { kind: 'refused', field: 'email' })
  t.match(await create(429, 'over_email_send_rate_limit'), { kind: 'confirm' })
  const hidden = json(200, { id: UUID, email: person.identifier, identities: [] })
  t.match(
    await open((await standIn(t, { signup: hidden })).url).signUp!.create({
      email: person.identifier,
      password: person.password
    }),
    { kind: 'confirm' }
  )
  t.match(
    await open('http://127.0.0.1:9').signUp!.create({
      email: 'long@example.com',
      password: 'трамвай и чайник '.repeat(4)
    }),
    { kind: 'refused', field: 'password', message: /72/ }
  )
})

t.test('the session goes along with the sign-in, and is renewed, checked and ended at Supabase', async (t) => {
  const answers: Record<string, Handler> = {
    token: json(200, session()),
    settings,
    user: json(200, session().user),
    logout: json(204, undefined)
  }
  const { url, asked } = await standIn(t, answers)
  const backend = open(url)
  const { session: first } = (await backend.password!.verify(person)) as { session: string }
  t.same(JSON.parse(first), { access: 'the-access-token', refresh: 'the-refresh-token', expiresAt: 1_700_003_600 })
  const since = async <T>(work: Promise<T>) => {
    asked.length = 0
    return {
      result: await work.catch((error: unknown) => error),
      asked: asked.map(({ path, authorization }) => `${path} ${authorization}`)
    }
  }
  t.same(
    await since(backend.sessions!.renew!(first)),
    { result: first, asked: ['user Bearer the-access-token'] },
    'one that is good for a while is only looked up'
  )
  answers['user'] = refusal(403, 'session_not_found')
  t.match(await since(backend.sessions!.renew!(first)), { result: null }, 'the person has signed out at Supabase')
  answers['user'] = json(500, {})
  t.match(
    (await since(backend.sessions!.renew!(first))).result,
    { name: 'BackendUnavailable', fault: 'unreachable' },
    'not knowing is not the end'
  )

  const old = JSON.stringify({ ...JSON.parse(first), expiresAt: 1_700_000_100 })
  answers['token'] = json(200, {
    ...session(),
    access_token: 'the-next-access-token',
    refresh_token: 'the-next-refresh-token'
  })
  const { result: next } = await since(backend.sessions!.renew!(old))
  t.match(
    JSON.parse(next as string),
    { access: 'the-next-access-token', refresh: 'the-next-refresh-token' },
    'one that runs out is renewed, and the new refresh token is kept'
  )
  for (const code of ['refresh_token_not_found', 'refresh_token_already_used', 'session_expired', 'user_banned']) {
    answers['token'] = refusal(400, code)
    t.equal((await since(backend.sessions!.renew!(old))).result, null, code)
  }
  answers['token'] = refusal(429, 'over_request_rate_limit')
  t.match((await since(backend.sessions!.renew!(old))).result, { name: 'BackendUnavailable', fault: 'busy' })

  t.match(
    await since(backend.sessions!.end!(first)),
    { asked: ['logout?scope=local Bearer the-access-token'] },
    "only this session, not the person's others"
  )
})

t.test('the second factor: a right password alone is not a sign-in, the code makes it one', async (t) => {
  const factors = [{ id: 'the-factor', status: 'verified', factor_type: 'totp' }]
  const access = `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.${Buffer.from(JSON.stringify({ sub: UUID, exp: Date.now() / 1000 + 3600 })).toString('base64url')}.AAAA`
  const answers: Record<string, Handler> = {
    token: json(200, { ...session({ factors }), access_token: access }),
    settings,
    user: json(200, session({ factors }).user),
    'factors/the-factor/challenge': json(200, { id: 'the-challenge', type: 'totp', expires_at: 1_900_000_000 }),
    'factors/the-factor/verify': json(200, { ...session({ factors }), access_token: 'of-level-aal2' })
  }
  const { url, asked } = await standIn(t, answers)
  const backend = open(url)
  const answer = (await backend.password!.verify(person)) as { factor: { continuation: string; prompt: string } }
  t.same(Object.keys(answer), ['factor'])
  const { continuation } = answer.factor
  t.match(await backend.secondFactor!.verify({ continuation, code: '123456' }), {
    subject: UUID,
    email: person.identifier,
    emailVerified: true,
    session: /of-level-aal2/
  })
  const unseen = JSON.stringify({ ...(JSON.parse(continuation) as object), emailVerified: false })
  t.match(
    await backend.secondFactor!.verify({ continuation: unseen, code: '123456' }),
    { emailVerified: false },
    'a code shows nothing of a mailbox'
  )
  t.ok(
    asked.some(
      ({ path, authorization }) => path === 'factors/the-factor/verify' && authorization === `Bearer ${access}`
    )
  )
  asked.length = 0
  for (const code of ['', 'abcdef', '12345', "1' OR 1=1", '1'.repeat(500_000)]) { t.equal(await backend.secondFactor!.verify({ continuation, code }), null) }
  t.same(asked, [], 'what is no code is not asked about')
  for (const code of ['mfa_verification_failed', 'mfa_challenge_expired', 'mfa_factor_not_found']) {
    answers['factors/the-factor/verify'] = refusal(422, code)
    t.equal(await backend.secondFactor!.verify({ continuation, code: '123456' }), null, code)
  }
  for (const [fault, handler] of Object.entries({
    unreachable: json(500, {}),
    busy: refusal(429, 'over_request_rate_limit'),
    slow: (() => {}) as Handler
  })) {
    answers['factors/the-factor/verify'] = handler
    await t.rejects(open(url, KEY, 150).secondFactor!.verify({ continuation, code: '123456' }), {
      name: 'BackendUnavailable',
      fault
    })
  }
})

t.test("social providers: Supabase's own redirect with PKCE, one verifier for each sign-in", async (t) => {
  const bodies: string[] = []
  const answers: Record<string, Handler> = { token: json(200, session()), settings }
  const { url } = await standIn(t, answers, bodies)
  const backend = open(url)
  t.same(backend.redirect!.providers, [
    { id: 'google', label: 'Continue with Google' },
    { id: 'github', label: 'Continue with GitHub' }
  ])
  const callbackUrl = 'https://mcp.example.com/login/callback/supabase'
  const begun = await backend.redirect!.begin({ provider: 'github', callbackUrl, state: 'the-state' })
  const target = new URL(begun.url)
  t.equal(target.origin + target.pathname, `${url}/auth/v1/authorize`)
  t.match(Object.fromEntries(target.searchParams), {
    provider: 'github',
    redirect_to: `${callbackUrl}?state=the-state`,
    code_challenge: /^[\w-]{43}$/,
    code_challenge_method: 's256'
  })
  const finish = (query: string) =>
    backend.redirect!.finish({
      url: new URL(`${callbackUrl}?state=the-state&${query}`),
      state: 'the-state',
      continuation: begun.continuation
    })
  t.match(await finish('code=the-code'), {
    subject: UUID,
    email: person.identifier,
    emailVerified: true,
    session: /the-refresh-token/
  })
  const { auth_code: code, code_verifier: verifier } = JSON.parse(bodies.at(-1)!) as Record<string, string>
  t.equal(code, 'the-code')
  t.equal(createHash('sha256').update(verifier!).digest('base64url'), target.searchParams.get('code_challenge'))
  t.match(await finish('error=access_denied&error_description=x'), { refused: /did not go on/ })
  t.match(await finish('error=access_denied&error_code=signup_disabled'), { refused: /cannot be made/ })
  t.equal(await finish('error=server_error'), null)
  for (const refused of ['flow_state_not_found', 'flow_state_expired', 'bad_code_verifier']) {
    answers['token'] = refusal(400, refused)
    t.equal(await finish('code=the-code'), null, refused)
  }
  answers['token'] = json(200, { ...session(), user: { ...session().user, email: '' } })
  const nameless = (await finish('code=the-code')) as object
  t.notOk('email' in nameless, 'a provider that tells no address')
})

t.test('a code by e-mail: the answer tells nobody who has an account', async (t) => {
  const bodies: string[] = []
  const answers: Record<string, Handler> = {
    otp: json(200, {}),
    verify: json(200, session({ email_confirmed_at: null })),
    settings: json(200, { mailer_autoconfirm: true })
  }
  const { url } = await standIn(t, answers, bodies)
  const { emailCode } = open(url)
  const sent = await emailCode!.send({ email: ' Ann@Example.com', mayCreate: false })
  t.match(sent, { prompt: /ann@example\.com/ })
  t.match(JSON.parse(bodies.at(-1)!), { email: 'ann@example.com', create_user: false })
  for (const code of ['otp_disabled', 'signup_disabled', 'user_not_found', 'over_email_send_rate_limit']) {
    answers['otp'] = refusal(code.startsWith('over') ? 429 : 422, code)
    t.same(await emailCode!.send({ email: 'ann@example.com', mayCreate: false }), sent, code)
  }
  t.match(await emailCode!.send({ email: 'no address', mayCreate: true }), { refused: /e-mail address/ })
  answers['otp'] = json(500, {})
  await t.rejects(emailCode!.send({ email: 'ann@example.com', mayCreate: false }), {
    name: 'BackendUnavailable',
    fault: 'unreachable'
  })
  t.match(
    await emailCode!.verify({ email: 'ann@example.com', code: '123456' }),
    { subject: UUID, emailVerified: true },
    'whoever has the code reads the mailbox'
  )
  answers['verify'] = json(200, session({ email: 'mallory@example.com' }))
  await t.rejects(emailCode!.verify({ email: 'ann@example.com', code: '123456' }), { name: 'BackendUnavailable' })
  answers['verify'] = refusal(403, 'otp_expired')
  t.equal(await emailCode!.verify({ email: 'ann@example.com', code: '123456' }), null)
  t.equal(await emailCode!.verify({ email: 'ann@example.com', code: 'abc' }), null)
})

t.test('ways that are not named in the settings are not offered', async (t) => {
  const backend = openSupabase(
    supabase.env.parse({ SUPABASE_URL: 'http://127.0.0.1:9', SUPABASE_PUBLISHABLE_KEY: KEY }),
    makeHouse()
  )
  t.same([backend.redirect, backend.emailCode], [undefined, undefined])
  t.match(
    supabase.env.safeParse({
      SUPABASE_URL: 'http://127.0.0.1:9',
      SUPABASE_PUBLISHABLE_KEY: KEY,
      SUPABASE_PROVIDERS: 'Sign in with Google'
    }).error?.issues,
    [{ message: /google,github/ }]
  )
})

t.test(
  "a project with ES256 keys, by its publishable or its anon key: a tool acts with the person's own token",
  async (t) => {
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    const anonKey = await new SignJWT({ role: 'anon' })
      .setProtectedHeader({ alg: 'ES256' })
      .setExpirationTime('1h')
      .sign(privateKey)
    const now = Math.floor(Date.now() / 1000)
    const tokenFor = (sub: string) =>
      new SignJWT({ sub, role: 'authenticated' })
        .setProtectedHeader({ alg: 'ES256', kid: 'k' })
        .setIssuedAt(now)
        .setExpirationTime(now + 3600)
        .sign(privateKey)
    const rows: Record<string, string[]> = { [UUID]: ['mine'], '00000000-0000-4000-8000-000000000002': ["another's"] }
    for (const variable of ['SUPABASE_PUBLISHABLE_KEY', 'SUPABASE_ANON_KEY']) {
      const key = variable === 'SUPABASE_ANON_KEY' ? anonKey : KEY
      const seen: unknown[] = []
      const { url } = await standIn(t, {
        token: json(200, { ...session(), access_token: await tokenFor(UUID) }),
        settings,
        // As PostgREST does: the signature decides who asks, and row-level security what they see.
        '/rest/v1/things': (request, response) => {
          seen.push(request.headers['apikey'])
          jwtVerify(request.headers.authorization?.replace('Bearer ', '') ?? '', publicKey).then(
            ({ payload }) =>
              json(
                200,
                (rows[payload.sub!] ?? []).map((line) => ({ line }))
              )(request, response),
            () => json(401, { message: 'JWSError' })(request, response)
          )
        }
      })
      const backend = openSupabase(supabase.env.parse({ SUPABASE_URL: url, [variable]: key, OTHER: '' }), makeHouse())
      const { session: handed } = (await backend.password!.verify(person)) as { session: string }
      const client = (await backend.sessions!.onBehalfOf!.open(handed)) as SupabaseClient
      const { data } = await client.from('things').select('line')
      t.same(data, [{ line: 'mine' }], variable)
      t.same(seen, [key])
      const forged = JSON.stringify({
        ...JSON.parse(handed),
        access: `${(await tokenFor('00000000-0000-4000-8000-000000000002')).slice(0, -6)}AAAAAA`
      })
      t.match(
        await ((await backend.sessions!.onBehalfOf!.open(forged)) as SupabaseClient).from('things').select('line'),
        { data: null, status: 401 }
      )
    }
  }
)

t.test('hostile and empty credentials are answered without asking Supabase', async (t) => {
  const { url, asked } = await standIn(t, {})
  const backend = open(url)
  for (const identifier of ['', '@', 'ann', "' OR '1'='1", 'a\0@example.com', `${'x'.repeat(500_000)}@example.com`]) {
    t.equal(await backend.password!.verify({ identifier, password: 'x' }), null)
  }
  t.equal(await backend.password!.verify({ ...person, password: 'x'.repeat(500_000) }), null)
  t.same(asked, [])
})

t.test('WB-18: the settings say what to write instead', async (t) => {
  const problems = (variables: object) => {
    const result = supabase.env.safeParse(variables)
    return result.success ? [] : result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).sort()
  }
  t.match(problems({}), [/^SUPABASE_PUBLISHABLE_KEY: write the publishable key/, /^SUPABASE_URL: write the URL/])
  t.match(problems({ SUPABASE_URL: 'abc', SUPABASE_ANON_KEY: 'k' }), [/^SUPABASE_URL: write the URL/])
  t.match(problems({ SUPABASE_URL: 'ftp://x', SUPABASE_ANON_KEY: 'k' }), [/^SUPABASE_URL: write the URL/])
  const url = 'https://abcdefghij.supabase.co/'
  t.match(problems({ SUPABASE_URL: url, SUPABASE_PUBLISHABLE_KEY: 'two words' }), [/^SUPABASE_PUBLISHABLE_KEY: copy/])
  t.match(problems({ SUPABASE_URL: url, SUPABASE_PUBLISHABLE_KEY: 'sb_secret_abc' }), [
    /^SUPABASE_PUBLISHABLE_KEY: this is a secret key/
  ])
  const serviceRole = `e30.${Buffer.from('{"role":"service_role"}').toString('base64url')}.x`
  t.match(problems({ SUPABASE_URL: url, SUPABASE_ANON_KEY: serviceRole }), [/^SUPABASE_ANON_KEY: this is a secret key/])
  t.same(supabase.env.parse({ SUPABASE_URL: url, SUPABASE_ANON_KEY: 'k', OTHER: 'x' }), {
    SUPABASE_URL: 'https://abcdefghij.supabase.co',
    SUPABASE_ANON_KEY: 'k',
    SUPABASE_PROVIDERS: [],
    SUPABASE_EMAIL_CODE: 'off'
  })
})
