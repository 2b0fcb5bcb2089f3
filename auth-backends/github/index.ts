// Sign-in with an account at GitHub: authorization code flow with PKCE (RFC 6749 §4.1, RFC 7636; GitHub's documentation,
// "Authorizing OAuth apps"). GitHub is no OpenID provider: its REST API says who has the token.
import { createHash, randomBytes } from 'node:crypto'
import {
  BackendUnavailable,
  type AuthBackend,
  type BackendHost,
  type BackendModule,
  type Sessions,
  type SignInAnswer
} from '../contract.ts'
import { createApi, type GithubApi, type GithubTokens } from './api.ts'
import { readPerson, restriction } from './person.ts'
import { env, GITHUB, type GithubSettings } from './settings.ts'

const TIMEOUT_MS = 8_000
/** The addresses are not public, and neither are most memberships. */
const SCOPE = 'read:user user:email read:org'
/** GitHub is asked about each sign-in at most this often. */
const FRESH_SECONDS = 900
/** A token that ends sooner is replaced before it is used. */
const MIN_REMAINING_SECONDS = 60

interface Memo {
  verifier: string
  callbackUrl: string
}

interface GithubSession extends GithubTokens {
  subject: string
}

type Host = Pick<BackendHost, 'now' | 'log'>

/** @throws nothing: GitHub is asked at the first sign-in. */
export function openGithub (settings: GithubSettings, { now, log }: Host, timeoutMs = TIMEOUT_MS): AuthBackend {
  const { GITHUB_URL, GITHUB_CLIENT_ID: clientId } = settings
  const api = createApi(settings, timeoutMs, now)
  const title = GITHUB_URL === GITHUB ? 'GitHub' : `GitHub (${new URL(GITHUB_URL).host})`
  return {
    title,
    redirect: {
      providers: [
        { id: 'github', label: { key: 'providers.continueWith', values: { provider: title } }, mark: 'github' }
      ],
      async begin ({ callbackUrl, state, again }) {
        const verifier = randomBytes(32).toString('base64url')
        const url = new URL('/login/oauth/authorize', GITHUB_URL)
        url.search = new URLSearchParams({
          client_id: clientId,
          redirect_uri: callbackUrl,
          scope: SCOPE,
          state,
          code_challenge: createHash('sha256').update(verifier).digest('base64url'),
          code_challenge_method: 'S256',
          ...(again && { prompt: 'select_account' })
        }).toString()
        return { url: url.href, continuation: JSON.stringify({ verifier, callbackUrl } satisfies Memo) }
      },
      async finish ({ url: { searchParams: query }, continuation }): Promise<SignInAnswer> {
        const { verifier, callbackUrl } = JSON.parse(continuation) as Memo
        if (query.has('error')) return { refused: { key: 'providers.turnedBack', values: { provider: title } } }
        const [code, ...others] = query.getAll('code')
        if (code === undefined || others.length > 0) return null
        const tokens = await api.tokens({ code, redirect_uri: callbackUrl, code_verifier: verifier })
        const person = tokens && (await readPerson(api, tokens.access, settings))
        if (!person) return null
        const refused = restriction(person.groups, settings)
        if (refused !== undefined) {
          log.warn(`${title}: a person was refused: they are in none of GITHUB_ORGS, or their organization has not approved this app`)
          await api.revoke(tokens.access)
          return { refused }
        }
        return { ...person, session: JSON.stringify({ subject: person.subject, ...tokens } satisfies GithubSession) }
      }
    },
    sessions: createSessions(api, settings, now)
  }
}

function createSessions (api: GithubApi, settings: GithubSettings, now: () => number): Sessions {
  const current = async (session: GithubSession): Promise<GithubTokens | null> => {
    const { refresh, expiresAt } = session
    if (refresh === undefined || expiresAt === undefined || expiresAt - now() > MIN_REMAINING_SECONDS) return session
    return await api.tokens({ grant_type: 'refresh_token', refresh_token: refresh })
  }
  return {
    freshForSeconds: FRESH_SECONDS,
    async renew (text) {
      const session = JSON.parse(text) as GithubSession
      const tokens = await current(session)
      if (!tokens) return null
      const { access, refresh, expiresAt } = tokens
      const renewed = JSON.stringify({ subject: session.subject, access, refresh, expiresAt })
      try {
        const person = await readPerson(api, access, settings)
        if (person?.subject !== session.subject || restriction(person.groups, settings) !== undefined) return null
        return { session: renewed, person: { subject: person.subject, groups: person.groups } }
      } catch (error) {
        // The refresh token counted once: what it gave must be stored.
        if (tokens !== session && error instanceof BackendUnavailable) return renewed
        throw error
      }
    },
    async end (text) {
      await api.revoke((JSON.parse(text) as GithubSession).access)
    }
  }
}

export default {
  env,
  open: (settings, host) => openGithub(settings, host)
} satisfies BackendModule<GithubSettings>
