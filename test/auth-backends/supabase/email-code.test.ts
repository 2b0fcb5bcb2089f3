// A code by e-mail from a Supabase project.
import t from 'tap'
import { UUID, open, session, type Handler, json, standIn, refusal } from './stand-in.ts'

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
  t.match(sent, { prompt: { values: { address: 'ann@example.com' } } })
  t.match(JSON.parse(bodies.at(-1)!), { email: 'ann@example.com', create_user: false })
  for (const code of ['otp_disabled', 'signup_disabled', 'user_not_found', 'over_email_send_rate_limit']) {
    answers['otp'] = refusal(code.startsWith('over') ? 429 : 422, code)
    t.same(await emailCode!.send({ email: 'ann@example.com', mayCreate: false }), sent, code)
  }
  t.match(await emailCode!.send({ email: 'no address', mayCreate: true }), { refused: { key: 'sign-up.wrongAddress' } })
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
