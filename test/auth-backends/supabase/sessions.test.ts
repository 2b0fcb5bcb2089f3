// A person's session at Supabase: renewed, checked, ended, and used by tools on the person's behalf.
import type { SupabaseClient } from '@supabase/supabase-js'
import { generateKeyPair, jwtVerify, SignJWT } from 'jose'
import t from 'tap'
import supabase, { openSupabase } from '../../../auth-backends/supabase/index.ts'
import { createTestHost } from '../host.ts'
import { KEY, person, UUID, open, session, type Handler, json, standIn, refusal, settings } from './stand-in.ts'

t.test('the session goes along with the sign-in, and is renewed, checked and ended at Supabase', async (t) => {
  const answers: Record<string, Handler> = {
    token: json(200, session()),
    settings,
    user: json(200, { ...session().user, app_metadata: { groups: ['staff', 7, 'crm'] }, user_metadata: { groups: ['admins'] } }),
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
    {
      result: { session: first, person: { subject: session().user.id, groups: ['staff', 'crm'] } },
      asked: ['user Bearer the-access-token']
    },
    'one that is good for a while is only looked up, and names the groups as they are now'
  )
  answers['user'] = refusal(403, 'session_not_found')
  t.match(await since(backend.sessions!.renew!(first)), { result: null }, 'the person has signed out at Supabase')
  answers['user'] = json(500, {})
  t.match(
    (await since(backend.sessions!.renew!(first))).result,
    { name: 'BackendUnavailable', reason: 'unreachable' },
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
    JSON.parse((next as { session: string }).session),
    { access: 'the-next-access-token', refresh: 'the-next-refresh-token' },
    'one that runs out is renewed, and the new refresh token is kept'
  )
  t.match(next, { person: { groups: [] } }, 'of no group any more')
  for (const code of ['refresh_token_not_found', 'refresh_token_already_used', 'session_expired', 'user_banned']) {
    answers['token'] = refusal(400, code)
    t.equal((await since(backend.sessions!.renew!(old))).result, null, code)
  }
  answers['token'] = refusal(429, 'over_request_rate_limit')
  t.match((await since(backend.sessions!.renew!(old))).result, { name: 'BackendUnavailable', reason: 'busy' })

  t.match(
    await since(backend.sessions!.end!(first)),
    { asked: ['logout?scope=local Bearer the-access-token'] },
    "only this session, not the person's others"
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
      const backend = openSupabase(supabase.env.parse({ SUPABASE_URL: url, [variable]: key, OTHER: '' }), createTestHost())
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
