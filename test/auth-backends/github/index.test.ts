// The GitHub backend with a stand-in: who a person is there, who may
// come in, and what becomes of their session.
import type { ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { BackendUnavailable, type AuthBackend, type Renewed, type SignedIn } from '../../../auth-backends/contract.ts'
import { openGithub } from '../../../auth-backends/github/index.ts'
import { env } from '../../../auth-backends/github/settings.ts'
import { ann, startGithub, type TestGithub } from '../../helpers/github.ts'
import { freePort } from '../../helpers/ports.ts'
import { backendContract } from '../contract.ts'

const CALLBACK = 'http://localhost:8080/login/callback/github'
const warnings: string[] = []
const time = { now: 1_800_000_000 }
const host = { now: () => time.now, log: { info () {}, warn: (line: string) => { warnings.push(line) } } }

const open = ({ env: variables }: Pick<TestGithub, 'env'>, more: Record<string, string> = {}, timeout?: number) =>
  openGithub(env.parse({ ...variables, ...more }), host, timeout)

/** There and back, as a browser goes. */
async function signIn (backend: AuthBackend, change: (url: URL) => void = () => {}) {
  const begun = await backend.redirect!.begin(
    { provider: 'github', callbackUrl: CALLBACK, state: 's' }
  )
  const answer = await fetch(begun.url, { redirect: 'manual' }).catch(() => undefined)
  const url = new URL(answer?.headers.get('location') ?? `${CALLBACK}?code=x&state=s`)
  change(url)
  return backend.redirect!.finish({ url, state: 's', continuation: begun.continuation })
}

async function signedIn (t: Test, expires = false) {
  const github = await startGithub(t)
  github.expires = expires
  const backend = open(github, { GITHUB_ORGS: 'example-inc' })
  const { session } = (await signIn(backend)) as SignedIn
  return { github, backend, session: session! }
}

t.test('with a stand-in for GitHub', async (t) => {
  const github = await startGithub(t)
  await backendContract(t, {
    open: async () => open(github),
    secrets: [github.env['GITHUB_CLIENT_SECRET']!],
    throughRedirect: (backend) => signIn(backend),
    unreachable: async () => ({
      backend: open({ env: { ...github.env, GITHUB_URL: `http://127.0.0.1:${await freePort()}` } }),
      error: BackendUnavailable
    })
  })
})

t.test('the request asks for a code with PKCE and state, and nothing secret is in it', async (t) => {
  const github = await startGithub(t)
  const { url, continuation } = await open(github).redirect!.begin({
    provider: 'github',
    callbackUrl: CALLBACK,
    state: 'abc',
    again: true
  })
  t.match(Object.fromEntries(new URL(url).searchParams), {
    client_id: github.env['GITHUB_CLIENT_ID'],
    redirect_uri: CALLBACK,
    state: 'abc',
    scope: 'read:user user:email read:org',
    code_challenge: /^[\w-]{43}$/,
    code_challenge_method: 'S256',
    prompt: 'select_account'
  })
  t.notOk(url.includes((JSON.parse(continuation) as { verifier: string }).verifier))
  t.notOk(url.includes(encodeURIComponent(github.env['GITHUB_CLIENT_SECRET']!)))
})

t.test('a person is known by their id, with the address that GitHub has confirmed, and their groups', async (t) => {
  const github = await startGithub(t)
  const subject = `${new URL(github.url).host} 4711`
  t.match(await signIn(open(github, { GITHUB_ORGS: 'example-inc' })), {
    subject,
    email: 'ann@example.com',
    emailVerified: true,
    name: 'Ann Smith',
    groups: ['example-inc', 'example-inc/ops'],
    session: String
  })
  github.person = { ...ann, login: 'renamed', name: null, emails: [{ email: 'ann@example.com', primary: true, verified: false }] }
  const unproven = (await signIn(open(github))) as SignedIn
  t.match(unproven, { subject, name: 'renamed', email: undefined, emailVerified: undefined })
})

t.test('an organization that somebody founds is no group, whatever it is called (PV-09)', async (t) => {
  const github = await startGithub(t)
  github.person = { ...ann, groups: [...ann.groups, 'finance', 'finance/ops', 'example-inc2'] }
  const groupsWith = async (more: Record<string, string>) => ((await signIn(open(github, more))) as SignedIn).groups
  const named = ['example-inc', 'example-inc/ops']
  t.same(await groupsWith({ GITHUB_ORGS: 'example-inc' }), named)
  t.same(await groupsWith({ GITHUB_ORGS: 'example-inc/ops' }), named)
  t.same(
    await groupsWith({ GITHUB_ORGS: '*,Example-Inc' }), named,
    'everybody may sign in, and these have groups'
  )
  t.same(await groupsWith({ GITHUB_ORGS: '*' }), [])
  t.match(await groupsWith({}), ['example-inc', 'finance'], 'at a GitHub of the operator')
  const backend = open(github, { GITHUB_ORGS: 'example-inc' })
  const { session } = (await signIn(backend)) as SignedIn
  t.same(
    ((await backend.sessions!.renew!(session!)) as Renewed).person?.groups, named,
    'also when GitHub is asked again'
  )
})

t.test('an address that is not the primary one, or not confirmed, is not theirs', async (t) => {
  const github = await startGithub(t)
  github.person = {
    ...ann,
    emails: [
      { email: 'boss@example.com', primary: true, verified: false },
      { email: 'boss2@example.com', primary: false, verified: true }
    ]
  }
  t.equal(((await signIn(open(github))) as SignedIn).email, undefined)
})

t.test('only members of the named organizations or teams come in, and the token of others is ended', async (t) => {
  const github = await startGithub(t)
  for (const orgs of ['example-inc', 'EXAMPLE-INC/ops', 'other,example-inc', '*']) {
    t.match(await signIn(open(github, { GITHUB_ORGS: orgs })), { subject: String }, orgs)
  }
  github.tokens.clear()
  for (const orgs of ['other', 'example-inc/board', 'example']) {
    t.match(
      await signIn(open(github, { GITHUB_ORGS: orgs })), { refused: { key: 'providers.githubOrganization' } }, orgs
    )
  }
  t.equal(github.tokens.size, 0)
  t.match(warnings.at(-1), /GITHUB_ORGS/)
})

t.test('of a long list every page is read, up to five', async (t) => {
  const github = await startGithub(t)
  github.person = { ...ann, groups: Array.from({ length: 700 }, (_, number) => `example-inc/team-${number}`) }
  t.equal(
    ((await signIn(open(github, { GITHUB_ORGS: '*,example-inc' }))) as SignedIn).groups?.length, 500
  )
})

t.test('who turns back is told so; a code that is not for this sign-in signs nobody in', async (t) => {
  const github = await startGithub(t)
  const backend = open(github)
  const turned = signIn(backend, (url) => { url.search = '?error=access_denied&state=s' })
  t.match(await turned, { refused: { key: 'providers.turnedBack' } })
  t.equal(await signIn(backend, (url) => { url.searchParams.set('code', 'another') }), null)
  const other = await backend.redirect!.begin(
    { provider: 'github', callbackUrl: CALLBACK, state: 's' }
  )
  const stolen = await fetch(other.url, { redirect: 'manual' })
  const code = new URL(stolen.headers.get('location')!).searchParams.get('code')!
  t.equal(
    await signIn(backend, (url) => { url.searchParams.set('code', code) }), null,
    'another verifier'
  )
})

t.test('what only the operator can repair is said to them', async (t) => {
  const github = await startGithub(t)
  const wrong = open(github, { GITHUB_CLIENT_SECRET: 'wrong' })
  await t.rejects(signIn(wrong), { reason: 'refused', message: /GITHUB_CLIENT_SECRET/ } as never)
  github.instead.set('/login/oauth/access_token', (response) => response.writeHead(404).end('{}'))
  await t.rejects(signIn(open(github)), { reason: 'refused', message: /GITHUB_CLIENT_ID/ } as never)
})

t.test('faults of GitHub are told apart, and sign nobody in', async (t) => {
  const github = await startGithub(t)
  const faults = [
    ['/login/oauth/access_token', 500, '', 'unreachable'],
    ['/login/oauth/access_token', 200, '<html>', 'unreadable'],
    ['/login/oauth/access_token', 200, '{"access_token":7}', 'unreadable'],
    ['/api/v3/user', 429, '', 'busy'],
    ['/api/v3/user', 403, '{}', 'busy'],
    ['/api/v3/user', 200, '{"id":"4711","login":"ann"}', 'unreadable'],
    ['/api/v3/user', 200, `"${'x'.repeat(1_100_000)}"`, 'unreadable'],
    ['/api/v3/user/emails', 200, '{}', 'unreadable']
  ] as const
  for (const [path, status, body, reason] of faults) {
    github.instead.set(path, (response) => response.writeHead(status, { 'retry-after': '60' }).end(body))
    await t.rejects(
      signIn(open(github)), { name: 'BackendUnavailable', reason } as never, `${path} ${status}`
    )
    github.instead.clear()
  }
  github.instead.set('/api/v3/user', () => {})
  await t.rejects(signIn(open(github, {}, 100)), { reason: 'slow' } as never)
})

t.test('a limit of GitHub that only its words name is no organization that somebody has left', async (t) => {
  const { github, backend, session } = await signedIn(t)
  const limit = { message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.' }
  github.instead.set('/api/v3/user/orgs', (response) => response.writeHead(403).end(JSON.stringify(limit)))
  await t.rejects(backend.sessions!.renew!(session), { name: 'BackendUnavailable', reason: 'busy' } as never)
  github.instead.clear()
  t.match(await backend.sessions!.renew!(session), { person: { groups: ['example-inc', 'example-inc/ops'] } })
})

t.test('a session lasts as long as GitHub accepts its token, and brings the groups of today', async (t) => {
  const { github, backend, session } = await signedIn(t)
  const { renew } = backend.sessions as Required<NonNullable<AuthBackend['sessions']>>
  github.tokens.set([...github.tokens.keys()][0]!, { ...ann, groups: ['example-inc', 'example-inc/board'] })
  const renewed = (await renew(session)) as Renewed
  t.same(renewed.person?.groups, ['example-inc', 'example-inc/board'])
  github.tokens.set([...github.tokens.keys()][0]!, { ...ann, groups: [] })
  t.equal(await renew(session), null, 'they have left the organization')
  github.tokens.set([...github.tokens.keys()][0]!, { ...ann, id: 4712 })
  t.equal(await renew(session), null, 'somebody else')
  github.tokens.clear()
  t.equal(await renew(session), null, 'they, or GitHub, have revoked it')
})

t.test('an outage ends no session', async (t) => {
  const { github, backend, session } = await signedIn(t)
  const away = { name: 'BackendUnavailable' } as never
  for (const answer of [
    (response: ServerResponse) => response.writeHead(502).end(),
    (response: ServerResponse) => response.end(JSON.stringify({ id: ann.id, login: ann.login, bio: 'x'.repeat(2 ** 20) }))
  ]) {
    github.instead.set('/api/v3/user', answer)
    await t.rejects(backend.sessions!.renew!(session) as Promise<unknown>, away)
  }
})

t.test('a token that expires is replaced, once, and what replaces it is kept even if nobody can be asked', async (t) => {
  const { github, backend, session } = await signedIn(t, true)
  const renew = (from: string) => backend.sessions!.renew!(from) as Promise<Renewed | string | null>
  const before = JSON.parse(session) as { access: string; refresh: string }
  t.match(
    JSON.parse(((await renew(session)) as Renewed).session), { access: before.access },
    'it lasts'
  )
  time.now += 28_790
  github.instead.set('/api/v3/user', (response) => response.writeHead(502).end())
  const kept = (await renew(session)) as string
  t.not((JSON.parse(kept) as typeof before).access, before.access)
  github.instead.clear()
  t.match(await renew(kept), { person: { groups: ['example-inc', 'example-inc/ops'] } })
  t.equal(await renew(session), null, 'the refresh token counts once')
})

t.test('the token is ended at GitHub with the last app that needs it', async (t) => {
  const { github, backend, session } = await signedIn(t)
  await backend.sessions!.end!(session)
  t.equal(github.tokens.size, 0)
})
