// Sign-up at a Supabase project, as the project answers it.
import t from 'tap'
import { person, UUID, open, json, standIn, refusal } from './stand-in.ts'

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
    { kind: 'refused', field: 'password', message: { values: { why: /should contain a digit/ } } }
  )
  t.match(await create(422, 'signup_disabled'), { kind: 'refused', field: 'email', message: { key: 'providers.signUpClosed' } })
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
    { kind: 'refused', field: 'password', message: { values: { max: 72 } } }
  )
})

t.test('an address that Supabase takes no mail for is refused at its field', async (t) => {
  for (const code of ['email_address_invalid', 'email_address_not_authorized']) {
    const { url } = await standIn(t, { signup: refusal(400, code) })
    const { identifier: email, password } = person
    const refused = await open(url).signUp!.create({ email, password })
    t.same(refused, {
      kind: 'refused', field: 'email', message: { key: 'providers.otherAddress' }
    })
  }
})
