// The second factor of a Supabase account.
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
