// The Supabase backend with a real Supabase Auth, and what its answers say about people and sign-ups.
import t from 'tap'
import { BackendUnavailable } from '../../../auth-backends/contract.ts'
import { startSupabase } from '../../helpers/supabase-lite.ts'
import { backendContract } from '../contract.ts'
import { person, UUID, open, session, type Handler, json, standIn, refusal, settings } from './stand-in.ts'

t.test('with a real Supabase Auth', async (t) => {
  const project = await startSupabase()
  t.teardown(() => project.stop())
  const backend = open(project.url, project.anonKey)
  t.teardown(() => backend.close?.())

  await t.test('sign-up, unconfirmed, confirmed, signed in', async (t) => {
    const asked = await backend.signUp!.create({ email: ' Ann@Example.com', password: person.password, name: 'Ann' })
    t.match(asked, { kind: 'confirm', message: { key: 'providers.signUpSent' } })
    t.match(await backend.password!.verify(person), { refused: { key: 'providers.unconfirmed' } })
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

  await t.test('a wrong key signs nobody in (WB-16)', async (t) => {
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

t.test('what Supabase says about a person', async (t) => {
  const verify = async (answer: Handler) =>
    open((await standIn(t, { token: answer, settings })).url).password!.verify(person)
  t.equal(await verify(refusal(400, 'invalid_credentials')), null)
  t.equal(
    await verify(refusal(400, 'user_banned')), null,
    'said before the password is looked at'
  )
  t.match(await verify(refusal(400, 'email_not_confirmed')), { refused: { key: 'providers.unconfirmed' } })
  t.match(await verify(json(200, session({ factors: [{ id: UUID, status: 'verified', factor_type: 'totp' }] }))), {
    factor: { prompt: { key: 'providers.appCode' } }
  })
  t.match(await verify(json(200, session({ factors: [{ id: UUID, status: 'verified', factor_type: 'webauthn' }] }))), {
    refused: { key: 'providers.otherFactor' }
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
  const groups = (more: object) => verify(json(200, session({ user_metadata: { groups: ['admins'] }, ...more })))
  t.match(await groups({ app_metadata: { groups: ['staff', 7] } }), { groups: ['staff'] })
  for (const named of [undefined, {}, { groups: 'staff' }, null]) {
    t.match(await groups({ app_metadata: named }), { groups: [] }, `what people write themselves is no group: ${JSON.stringify(named)}`)
  }
  t.equal(
    (
      (await verify(json(200, session({ user_metadata: { full_name: { first: 'Ann' }, name: 'x'.repeat(999) } })))) as {
        name?: string
      }
    ).name,
    undefined
  )
})
