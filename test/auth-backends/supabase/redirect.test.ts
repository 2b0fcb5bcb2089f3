// The social providers of a Supabase project.
import { createHash } from 'node:crypto'
import t from 'tap'
import type { SupabaseAuth } from '../../../auth-backends/supabase/client.ts'
import { supabaseRedirect } from '../../../auth-backends/supabase/redirect.ts'
import type { Steps } from '../../../auth-backends/supabase/steps.ts'
import { person, UUID, open, session, type Handler, json, standIn, refusal, settings } from './stand-in.ts'

const continueWith = (provider: string) => ({ key: 'providers.continueWith', values: { provider } })

t.test('each provider has its name and mark, whatever Supabase calls it', async (t) => {
  const { providers } = supabaseRedirect(
    {} as SupabaseAuth,
    ['azure', 'linkedin_oidc', 'slack_oidc', 'twitter', 'workos', 'keycloak'],
    {} as Steps
  )
  t.same(providers.map(({ label, mark }) => [label, mark]), [
    [continueWith('Microsoft'), 'microsoft'],
    [continueWith('LinkedIn'), 'linkedin'],
    [continueWith('Slack'), 'slack'],
    [continueWith('X'), 'x'],
    [continueWith('WorkOS'), undefined],
    [continueWith('Keycloak'), undefined]
  ])
})

t.test("social providers: Supabase's own redirect with PKCE, one verifier for each sign-in", async (t) => {
  const bodies: string[] = []
  const answers: Record<string, Handler> = { token: json(200, session()), settings }
  const { url } = await standIn(t, answers, bodies)
  const backend = open(url)
  t.same(backend.redirect!.providers, [
    { id: 'google', label: continueWith('Google'), mark: 'google' },
    { id: 'github', label: continueWith('GitHub'), mark: 'github' }
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
  t.match(await finish('error=access_denied&error_description=x'), { refused: { key: 'providers.turnedBackThere' } })
  t.match(await finish('error=access_denied&error_code=signup_disabled'), { refused: { key: 'providers.noAccount' } })
  t.equal(await finish('error=server_error'), null)
  for (const refused of ['flow_state_not_found', 'flow_state_expired', 'bad_code_verifier']) {
    answers['token'] = refusal(400, refused)
    t.equal(await finish('code=the-code'), null, refused)
  }
  answers['token'] = json(200, { ...session(), user: { ...session().user, email: '' } })
  const nameless = (await finish('code=the-code')) as object
  t.notOk('email' in nameless, 'a provider that tells no address')
})
