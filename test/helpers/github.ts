// A stand-in for GitHub, as its documentation describes it: the
// authorization page, tokens with PKCE, and the REST API that
// says who has a token. As on a GitHub Enterprise Server, everything is under one address.
import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface GithubPerson {
  id: number
  login: string
  name?: string | null
  emails: Array<{ email: string; primary: boolean; verified: boolean }>
  /** Names; a team is ORGANIZATION/TEAM. */
  groups: string[]
}

export interface TestGithub {
  url: string
  /** The variables of the backend. */
  env: Record<string, string>
  /** Who comes to the page, until somebody else is set here. */
  person: GithubPerson
  /** Tokens that are valid, with whose they are. */
  tokens: Map<string, GithubPerson>
  /** Tokens expire, as those of a GitHub App may. */
  expires: boolean
  /** Answers instead, by path. */
  instead: Map<string, (response: ServerResponse) => void>
  /** Path and query of each request, oldest first. */
  asked: string[]
}

interface Teardown {
  teardown(work: () => Promise<void>): void
}

type Code = { person: GithubPerson; challenge: string; redirectUri: string }

const CLIENT = { id: 'Iv1.0123456789abcdef', secret: 'the secret that GitHub gave us' }

export const ann: GithubPerson = {
  id: 4711,
  login: 'ann',
  name: 'Ann Smith',
  emails: [
    { email: 'ann@old.example', primary: false, verified: true },
    { email: 'ann@example.com', primary: true, verified: true }
  ],
  groups: ['Example-Inc', 'Example-Inc/ops']
}

export async function startGithub (t: Teardown): Promise<TestGithub> {
  const codes = new Map<string, Code>()
  const refreshTokens = new Map<string, GithubPerson>()
  const server = createServer(async (request, response) => {
    const url = new URL(request.url!, github.url)
    github.asked.push(request.url!)
    const instead = github.instead.get(url.pathname)
    if (instead) return instead(response)
    const body = Buffer.concat((await request.toArray()) as Buffer[]).toString()
    if (url.pathname === '/login/oauth/authorize') return authorize(url.searchParams, response)
    if (url.pathname === '/login/oauth/access_token') return json(response, token(new URLSearchParams(body)))
    return api(url, request, body, response)
  })

  function authorize (query: URLSearchParams, response: ServerResponse): void {
    const code = randomUUID()
    const back = new URL(query.get('redirect_uri')!)
    codes.set(code, { person: github.person, challenge: query.get('code_challenge')!, redirectUri: back.href })
    back.searchParams.set('code', code)
    back.searchParams.set('state', query.get('state')!)
    response.writeHead(302, { location: back.href }).end()
  }

  function token (asked: URLSearchParams): object {
    if (asked.get('client_id') !== CLIENT.id || asked.get('client_secret') !== CLIENT.secret) {
      return { error: 'incorrect_client_credentials' }
    }
    if (asked.get('grant_type') === 'refresh_token') {
      const person = refreshTokens.get(asked.get('refresh_token')!)
      refreshTokens.delete(asked.get('refresh_token')!)
      return person ? issue(person) : { error: 'bad_refresh_token' }
    }
    const code = codes.get(asked.get('code')!)
    codes.delete(asked.get('code')!)
    const challenge = createHash('sha256').update(asked.get('code_verifier') ?? '').digest('base64url')
    if (!code || code.challenge !== challenge) return { error: 'bad_verification_code' }
    return code.redirectUri === asked.get('redirect_uri') ? issue(code.person) : { error: 'redirect_uri_mismatch' }
  }

  function issue (person: GithubPerson): object {
    const [access, refresh] = [`ghu_${randomUUID()}`, `ghr_${randomUUID()}`]
    github.tokens.set(access, person)
    if (github.expires) refreshTokens.set(refresh, person)
    const more = github.expires ? { refresh_token: refresh, expires_in: 28_800 } : {}
    return { access_token: access, token_type: 'bearer', scope: 'read:org,read:user,user:email', ...more }
  }

  function api (url: URL, { method, headers }: IncomingMessage, body: string, response: ServerResponse): unknown {
    if (method === 'DELETE') {
      const basic = Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64')
      if (headers.authorization !== `Basic ${basic}`) return response.writeHead(401).end()
      github.tokens.delete((JSON.parse(body) as { access_token: string }).access_token)
      return response.writeHead(204).end()
    }
    const person = github.tokens.get(headers.authorization?.replace('Bearer ', '') ?? '')
    if (!person) return json(response, { message: 'Bad credentials' }, 401)
    const organizations = person.groups.filter((name) => !name.includes('/'))
    const teams = person.groups.filter((name) => name.includes('/')).map((name) => name.split('/') as [string, string])
    const page = Number(url.searchParams.get('page') ?? 1)
    const list = (all: unknown[]) => json(response, all.slice((page - 1) * 100, page * 100))
    switch (url.pathname) {
      case '/api/v3/user': return json(response, { id: person.id, login: person.login, name: person.name })
      case '/api/v3/user/emails': return list(person.emails)
      case '/api/v3/user/orgs': return list(organizations.map((login) => ({ login })))
      case '/api/v3/user/teams': return list(teams.map(([login, slug]) => ({ slug, organization: { login } })))
      default: return json(response, { message: 'Not Found' }, 404)
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const github: TestGithub = {
    url,
    env: {
      AUTH_BACKEND: 'github',
      GITHUB_CLIENT_ID: CLIENT.id,
      GITHUB_CLIENT_SECRET: CLIENT.secret,
      GITHUB_URL: url
    },
    person: ann,
    tokens: new Map(),
    expires: false,
    instead: new Map(),
    asked: []
  }
  return github
}

const json = (response: ServerResponse, body: unknown, status = 200) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
