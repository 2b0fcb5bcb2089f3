// What this server asks GitHub: for tokens (RFC 6749 §4.1.3, §6), and its REST API.
// Tested in test/auth-backends/github/index.test.ts.
import { z } from 'zod'
import { createRequests, type Answer } from './requests.ts'
import { GITHUB, type GithubSettings } from './settings.ts'

/** Of a list: enough for 500 names, of which a person keeps as many. */
const MAX_PAGES = 5
const PAGE_SIZE = 100

export interface GithubTokens {
  access: string
  /** Of a GitHub App whose tokens expire. */
  refresh?: string | undefined
  /** Seconds since the epoch. */
  expiresAt?: number | undefined
}

const tokenAnswer = z.union([
  z.object({
    access_token: z.string().min(1).max(1_000),
    refresh_token: z.string().min(1).max(1_000).optional(),
    expires_in: z.number().int().positive().optional()
  }),
  z.object({ error: z.string() })
])

/** GitHub says that the code or the refresh token is not valid: the person has to sign in again. */
const OVER = new Set(['bad_verification_code', 'bad_refresh_token'])

export interface GithubApi {
  readonly host: string
  /** @param grant the parameters of a token request. @returns `null` for a code or token that is not valid. */
  tokens(grant: Readonly<Record<string, string>>): Promise<GithubTokens | null>
  /** @returns `null` when GitHub does not accept the token any more. */
  get<T>(path: string, token: string, schema: z.ZodType<T>): Promise<T | null>
  /** Every page. Empty where the token may not see the list. */
  list<T>(path: string, token: string, entry: z.ZodType<T>): Promise<T[]>
  /** Ends a token. */
  revoke(token: string): Promise<void>
}

export function createApi (settings: GithubSettings, timeoutMs: number, now: () => number): GithubApi {
  const { GITHUB_URL, GITHUB_CLIENT_ID: id, GITHUB_CLIENT_SECRET: secret } = settings
  const host = new URL(GITHUB_URL).host
  const base = GITHUB_URL === GITHUB ? 'https://api.github.com' : `${GITHUB_URL}/api/v3`
  const { ask, unavailable } = createRequests(host, timeoutMs)

  const read = async (path: string, token: string) =>
    await ask(base + path, { headers: { accept: 'application/vnd.github+json', authorization: `Bearer ${token}` } })

  function check<T> (schema: z.ZodType<T>, { status, body }: Answer): T {
    const parsed = schema.safeParse(body)
    if (status === 200 && parsed.success) return parsed.data
    throw unavailable(`gave an answer that cannot be read (HTTP ${status})`, 'unreadable')
  }

  return {
    host,
    async tokens (grant) {
      const parameters = new URLSearchParams({ client_id: id, client_secret: secret, ...grant })
      const received = await ask(`${GITHUB_URL}/login/oauth/access_token`, { method: 'POST', body: parameters })
      if (received.status === 404) throw unavailable(UNKNOWN_CLIENT, 'refused')
      const answer = check(tokenAnswer, received)
      if ('error' in answer) {
        if (OVER.has(answer.error)) return null
        throw unavailable(describeRefusal(answer.error), 'refused')
      }
      const { access_token: access, refresh_token: refresh, expires_in: seconds } = answer
      return { access, refresh, expiresAt: seconds === undefined ? undefined : now() + seconds }
    },
    async get (path, token, schema) {
      const answer = await read(path, token)
      return answer.status === 401 ? null : check(schema, answer)
    },
    async list (path, token, entry) {
      const found = []
      for (let page = 1; page <= MAX_PAGES; page++) {
        const answer = await read(`${path}?per_page=${PAGE_SIZE}&page=${page}`, token)
        if ([401, 403, 404].includes(answer.status)) break
        const entries = check(z.array(entry), answer)
        found.push(...entries)
        if (entries.length < PAGE_SIZE) break
      }
      return found
    },
    async revoke (token) {
      const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
      await ask(`${base}/applications/${encodeURIComponent(id)}/token`, {
        method: 'DELETE',
        headers: { accept: 'application/vnd.github+json', authorization },
        body: JSON.stringify({ access_token: token })
      })
    }
  }
}

const UNKNOWN_CLIENT = 'does not know the client: check GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET'

/** The codes are GitHub's (its documentation, "Troubleshooting OAuth app access token request errors"). */
function describeRefusal (error: string): string {
  if (error === 'incorrect_client_credentials') return UNKNOWN_CLIENT
  if (error === 'redirect_uri_mismatch') return 'does not have our callback address: enter it in the settings of the OAuth app (docs/github.md)'
  return `answered ${/^[a-z_]{1,60}$/.test(error) ? error : 'an error'}`
}
