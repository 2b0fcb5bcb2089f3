// Sign-in at Supabase in steps: a second factor, a provider's redirect, a code by e-mail.
import { createHash } from 'node:crypto'
import t from 'tap'
import { KEY, person, UUID, open, session, type Handler, json, standIn, refusal, settings } from './stand-in.ts'

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
  for (const [reason, handler] of Object.entries({
    unreachable: json(500, {}),
    busy: refusal(429, 'over_request_rate_limit'),
    slow: (() => {}) as Handler
  })) {
    answers['factors/the-factor/verify'] = handler
    await t.rejects(open(url, KEY, 150).secondFactor!.verify({ continuation, code: '123456' }), {
      name: 'BackendUnavailable',
      reason
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
    reason: 'unreachable'
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
