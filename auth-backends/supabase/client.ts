// How Supabase Auth is asked: a client of its own for every question, a
// time limit, and one error for everything that is not an answer.
import type { AuthError, SupabaseClient } from '@supabase/supabase-js'
import { z } from 'zod'
import { AnswerTooLong, boundedFetch } from '../bounded-fetch.ts'
import {
  BackendUnavailable,
  type OutageReason,
  type Renewed
} from '../contract.ts'

export interface SupabaseProject {
  url: string
  /** The publishable (or legacy anon) key. */
  key: string
}

/**
 * A user in an answer of Supabase Auth. Everything else in it stays unread. The id may be any 8-4-4-4-12:
 * imported users keep theirs, also where they are no RFC 9562 UUIDs.
 */
const userAnswer = z.object({
  id: z.guid(),
  email: z.string().nullish(),
  email_confirmed_at: z.string().nullish(),
  user_metadata: z.record(z.string(), z.unknown()).nullish(),
  app_metadata: z.record(z.string(), z.unknown()).nullish(),
  factors: z.array(z.object({ id: z.string(), status: z.string(), factor_type: z.string().optional() })).nullish()
})

export type SupabaseUser = z.output<typeof userAnswer>

/**
 * Only from what the project writes: `user_metadata` is written by people
 * themselves.
 */
export function groupsIn ({ app_metadata: metadata }: Pick<SupabaseUser, 'app_metadata'>): string[] {
  const groups = metadata?.['groups']
  return Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : []
}

/** What Supabase calls a session, as far as it is kept. */
const sessionAnswer = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1),
  expires_in: z.number().positive()
})

export interface SupabaseTokens {
  access: string
  refresh: string
  /** Seconds since the epoch. */
  expiresAt: number
}

const settingsAnswer = z.object({ mailer_autoconfirm: z.boolean() })

type AuthClient = SupabaseClient['auth']
type Answer = { data: unknown; error: AuthError | null }

/**
 * Where the library keeps what it needs on the other side of a redirect: a
 * map for one sign-in.
 */
const storageIn = (items: Map<string, string>) => ({
  getItem: (key: string) => items.get(key) ?? null,
  setItem: (key: string, value: string) => {
    items.set(key, value)
  },
  removeItem: (key: string) => {
    items.delete(key)
  }
})

export type SupabaseAuth = ReturnType<typeof createSupabaseClient>

/**
 * @param timeout milliseconds that Supabase has for each answer.
 * @param now seconds since the epoch.
 */
export function createSupabaseClient (project: SupabaseProject, timeout: number, now: () => number) {
  const outages = createOutages(project, timeout)

  /**
   * @param email the address that was asked about, if any: an answer about
   * another address is no answer.
   */
  function readUser (answer: unknown, email?: string): SupabaseUser {
    const user = userAnswer.safeParse(answer)
    if (!user.success) throw outages.because('named no user in its answer')
    if (email !== undefined && user.data.email?.toLowerCase() !== email) {
      throw outages.because('answered about another user')
    }
    return user.data
  }

  function readTokens (answer: unknown): SupabaseTokens {
    const session = sessionAnswer.safeParse(answer)
    if (!session.success) throw outages.because('gave no session in its answer')
    return {
      access: session.data.access_token,
      refresh: session.data.refresh_token,
      expiresAt: now() + session.data.expires_in
    }
  }

  /**
   * Whether the project accepts new addresses as confirmed without sending
   * a message ("Confirm email" off).
   */
  async function confirmsUnseen (): Promise<boolean> {
    const response = await boundedFetch(`${project.url}/auth/v1/settings`, {
      headers: { apikey: project.key },
      signal: AbortSignal.timeout(timeout),
      redirect: 'error'
    }).catch((error: unknown) => {
      throw outages.unreached(error)
    })
    const settings = settingsAnswer.safeParse(await response.json().catch(() => undefined))
    if (!settings.success) throw outages.because('did not send its settings')
    return settings.data.mailer_autoconfirm
  }

  return {
    ask: createAsk(project, timeout, outages),
    refusedBySupabase: outages.refused,
    readUser,
    /**
     * @returns undefined where the answer names no user, which says nothing
     * of their groups.
     */
    findGroups (answer: unknown): Renewed['person'] | undefined {
      const { data: user } = userAnswer.safeParse(answer)
      return user && { subject: user.id, groups: groupsIn(user) }
    },
    readTokens,
    confirmsUnseen
  }
}

type Outages = ReturnType<typeof createOutages>

/** The errors of this service, which name the host and no secret. */
function createOutages ({ url }: SupabaseProject, timeout: number) {
  const { host } = new URL(url)
  const because = (says: string, reason: OutageReason = 'unreadable', retryAfter?: number) =>
    new BackendUnavailable(`Supabase at ${host} ${says}`, { reason, ...(retryAfter && { retryAfter }) })
  return {
    because,
    /** For a request that got no answer. */
    unreached (error: unknown): BackendUnavailable {
      if (error instanceof AnswerTooLong) return because(UNREADABLE)
      const { reason, says } = describeOutage(error, timeout)
      return because(says, reason)
    },
    /**
     * For an error in an answer that no person can do anything about. Its text is left out: it may repeat what was
     * sent.
     */
    refused ({ status = 500, code }: AuthError): BackendUnavailable {
      const isRefused = status === 401 || status === 403
      const advice = isRefused ? ': check SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY' : ''
      const other = status === 429 ? 'busy' : status >= 500 ? 'unreachable' : 'unreadable'
      return because(`answered HTTP ${status} ${shownCode(code)}`.trim() + advice, isRefused ? 'refused' : other)
    }
  }
}

/**
 * Asks with a client of its own each time: a shared client stores the last person's session and would answer for them.
 * @returns a function that throws BackendUnavailable if nothing came back that can be read. Errors that Supabase states
 * are in the answer.
 */
function createAsk (project: SupabaseProject, timeout: number, outages: Outages) {
  return async <A extends Answer>(
    question: (auth: AuthClient) => Promise<A>,
    /** What a redirect leaves for its other side. */
    items?: Map<string, string>
  ): Promise<A> => {
    let outage: BackendUnavailable | undefined
    let retryAfter: number | undefined
    const timedFetch: typeof fetch = async (input, init) => {
      try {
        // A redirect would carry the password to another address.
        const response = await boundedFetch(input, { ...init, signal: AbortSignal.timeout(timeout), redirect: 'error' })
        if (response.status === 429) retryAfter = Number(response.headers.get('retry-after')) || undefined
        return response
      } catch (error) {
        outage = outages.unreached(error)
        throw error
      }
    }
    const answer = await question(await openAuth(project, timedFetch, items)).catch(() => {
      throw outage ?? outages.because(UNREADABLE)
    })
    if (outage || isUnreadable(answer.error)) throw outage ?? outages.because(UNREADABLE)
    if (answer.error?.status === 429 && !answer.error.code?.startsWith('over_email')) {
      throw outages.because(`answered HTTP 429 ${shownCode(answer.error.code)}`.trim(), 'busy', retryAfter)
    }
    return answer
  }
}

async function openAuth (
  { url, key }: SupabaseProject,
  timedFetch: typeof fetch,
  items: Map<string, string> | undefined
): Promise<AuthClient> {
  const { createClient } = await import('@supabase/supabase-js')
  return createClient(url, key, {
    auth: {
      persistSession: items !== undefined,
      ...(items && { storage: storageIn(items) }),
      autoRefreshToken: false,
      detectSessionInUrl: false,
      flowType: 'pkce'
    },
    global: { fetch: timedFetch }
  }).auth
}

const UNREADABLE = 'gave an answer that cannot be read'

const shownCode = (code = ''): string => (/^[a-z_]{1,60}$/.test(code) ? code : '')

/**
 * An error that the library made up because the answer was no JSON, or not
 * the JSON it expected.
 */
const isUnreadable = (error: AuthError | null): boolean =>
  error !== null && (!error.status || error.name === 'AuthInvalidTokenResponseError')

/**
 * Names the reason by its code, never by its text: the text of a failed
 * request may hold its headers.
 */
function describeOutage (
  error: unknown,
  timeout: number
): { reason: OutageReason; says: string } {
  const { name, cause } = error as Error
  if (name === 'TimeoutError') return { reason: 'slow', says: `did not answer within ${timeout} ms` }
  const code = (cause as { code?: unknown } | undefined)?.code
  return { reason: 'unreachable', says: `could not be reached${typeof code === 'string' ? ` (${code})` : ''}` }
}
