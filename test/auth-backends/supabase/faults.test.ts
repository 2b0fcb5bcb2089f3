// What Supabase says that no person can do anything about signs nobody in, at any step after the first (threat WB-16).
import type { SupabaseClient } from '@supabase/supabase-js'
import t, { type Test } from 'tap'
import { open, session, type Handler, json, standIn, refusal, settings } from './stand-in.ts'

const CALLBACK = 'https://mcp.example.com/login/callback/supabase'
const tokens = { access: 'a', refresh: 'r', expiresAt: 1_700_000_100 }
const jwt = (claims: object) =>
  [{ alg: 'ES256' }, claims]
    .map((part) => JSON.stringify(part))
    .map((part) => Buffer.from(part).toString('base64url'))
    .concat('AAAA')
    .join('.')

async function place (t: Test, answers: Record<string, Handler>) {
  const { url, asked } = await standIn(t, { settings, ...answers })
  return { backend: open(url), asked, answers }
}

const steps: Record<string, (backend: ReturnType<typeof open>) => Promise<unknown>> = {
  'a code by e-mail': async ({ emailCode }) =>
    emailCode!.verify({ email: 'ann@example.com', code: '123456' }),
  'the way back': async ({ redirect }) => {
    const begin = { provider: 'github', callbackUrl: CALLBACK, state: 's' }
    const { continuation } = await redirect!.begin(begin)
    const url = new URL(`${CALLBACK}?state=s&code=c`)
    return redirect!.finish({ url, state: 's', continuation })
  },
  'a renewal': async ({ sessions }) =>
    sessions!.renew!(JSON.stringify(tokens))
}

t.test('at each step every fault has its kind', async (t) => {
  const faults: Array<[Handler, object]> = [
    [json(500, {}), { reason: 'unreachable' }],
    [refusal(401, 'no_authorization'), {
      reason: 'refused',
      message: /SUPABASE_URL/
    }],
    [refusal(429, 'over_email_send_rate_limit'), { reason: 'busy' }],
    [refusal(400, 'something_new'), {
      reason: 'unreadable',
      message: /something_new/
    }],
    [json(200, { ...session(), expires_in: -5 }), { message: /no session in/ }]
  ]
  for (const [name, step] of Object.entries(steps)) {
    for (const [answer, expected] of faults) {
      const { backend } = await place(t, { verify: answer, token: answer })
      const fault = { name: 'BackendUnavailable', ...expected }
      await t.rejects(step(backend), fault, `${name}: ${JSON.stringify(expected)}`)
    }
  }
})

t.test('how long Supabase asks to wait is passed on', async (t) => {
  const busy: Handler = (_request, response) => response
    .writeHead(429, { 'content-type': 'application/json', 'retry-after': '60' })
    .end('{"error_code":"over_request_rate_limit"}')
  const { backend } = await place(t, { token: busy })
  const fault = {
    name: 'BackendUnavailable',
    reason: 'busy',
    retryAfter: 60
  }
  await t.rejects(steps['a renewal']!(backend), fault)
})

t.test('a second factor is not asked of a session that is over', async (t) => {
  const { backend, asked } = await place(t, { user: refusal(403, 'session_not_found') })
  const access = jwt({ exp: Date.now() / 1000 + 600 })
  const continuation = JSON.stringify({
    session: JSON.stringify({ ...tokens, access }),
    factorId: 'f',
    emailVerified: true
  })
  const verify = () => backend.secondFactor!.verify({ continuation, code: '123456' })
  t.equal(await verify(), null)
  t.same(asked.map(({ path }) => path), ['user'])
})

t.test('a session whose token is over is ended with a new one, or is over', async (t) => {
  const token = json(200, { ...session(), access_token: 'next' })
  const over = JSON.stringify({ ...tokens, expiresAt: 1 })
  const { backend, asked, answers } = await place(t, { token, logout: json(204, undefined) })
  await backend.sessions!.end!(over)
  t.same(asked.map(({ path, authorization }) => [path, authorization]).at(-1), [
    'logout?scope=local', 'Bearer next'
  ])
  const gone = await place(t, { ...answers, token: refusal(400, 'session_expired') })
  await gone.backend.sessions!.end!(over)
  t.notOk(gone.asked.some(({ path }) => path.startsWith('logout')))
})

t.test('a tool gets the claims of the person, and can break off what it asks', async (t) => {
  const { backend } = await place(t, { '/rest/v1/things': json(200, [{ line: 'x' }]) })
  const session = JSON.stringify({ ...tokens, access: jwt({ sub: 'ann' }) })
  const { claims, open } = backend.sessions!.onBehalfOf!
  t.same(claims!(session), { sub: 'ann' })
  t.same(claims!(JSON.stringify({ ...tokens, access: 'no JWT' })), {})
  const client = await open(session) as SupabaseClient
  const ask = () => client.from('things').select('line')
  t.match(await ask(), { data: [{ line: 'x' }] })
  t.match(await ask().abortSignal(AbortSignal.abort()), {
    data: null,
    error: { message: /abort/i }
  })
})
