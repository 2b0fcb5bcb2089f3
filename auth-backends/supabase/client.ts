// How Supabase Auth is asked: a client of its own for every question, a time limit, and one error for everything that
// is not an answer.
import type { AuthError, SupabaseClient } from '@supabase/supabase-js'
import { z } from 'zod'
import { BackendUnavailable, type OutageReason } from '../contract.ts'

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
  factors: z.array(z.object({ id: z.string(), status: z.string(), factor_type: z.string().optional() })).nullish()
})

export type SupabaseUser = z.output<typeof userAnswer>

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

/** Where the library keeps what it needs on the other side of a redirect: a map for one sign-in. */
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

/** @param now seconds since the epoch. */
export function createSupabaseClient (project: SupabaseProject, timeout: number, now: () => number) {
  const host = new URL(project.url).host
  const unavailable = (reason: string, fault: OutageReason = 'unreadable', retryAfter?: number) =>
    new BackendUnavailable(`Supabase at ${host} ${reason}`, { fault, ...(retryAfter && { retryAfter }) })
  const gone = (error: unknown) => {
    const { fault, says } = describeFault(error, timeout)
    return unavailable(says, fault)
  }

  /**
   * Asks with a client of its own: a shared one keeps the last person's session and would answer for them.
   * @param items what a redirect leaves for its other side.
   * @throws BackendUnavailable when nothing came back that can be read. Errors that Supabase states are in the answer.
   */
  async function ask<A extends Answer> (
    question: (auth: AuthClient) => Promise<A>,
    items?: Map<string, string>
  ): Promise<A> {
    let fault: BackendUnavailable | undefined
    let retryAfter: number | undefined
    const patient: typeof fetch = async (input, init) => {
      try {
        // A redirect would carry the password to another address.
        const response = await fetch(input, { ...init, signal: AbortSignal.timeout(timeout), redirect: 'error' })
        if (response.status === 429) retryAfter = Number(response.headers.get('retry-after')) || undefined
        return response
      } catch (error) {
        fault = gone(error)
        throw error
      }
    }
    const { createClient } = await import('@supabase/supabase-js')
    const { auth } = createClient(project.url, project.key, {
      auth: {
        persistSession: items !== undefined,
        ...(items && { storage: storageIn(items) }),
        autoRefreshToken: false,
        detectSessionInUrl: false,
        flowType: 'pkce'
      },
      global: { fetch: patient }
    })
    const answer = await question(auth).catch(() => {
      throw fault ?? unavailable(UNREADABLE)
    })
    if (fault || isUnreadable(answer.error)) throw fault ?? unavailable(UNREADABLE)
    if (answer.error?.status === 429 && !answer.error.code?.startsWith('over_email')) { throw unavailable(`answered HTTP 429 ${codeOf(answer.error)}`.trim(), 'busy', retryAfter) }
    return answer
  }

  /**
   * For an error in an answer that no person can do anything about. Its text is left out: it may repeat what was sent.
   */
  function refusedBySupabase (error: AuthError): BackendUnavailable {
    const refused = error.status === 401 || error.status === 403
    const advice = refused ? ': check SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY' : ''
    return unavailable(
      `answered HTTP ${error.status} ${codeOf(error)}`.trim() + advice,
      refused ? 'refused' : error.status === 429 ? 'busy' : (error.status ?? 500) >= 500 ? 'unreachable' : 'unreadable'
    )
  }

  /** @param email the address that was asked about, if one was: an answer about somebody else is no answer. */
  function readUser (answer: unknown, email?: string): SupabaseUser {
    const user = userAnswer.safeParse(answer)
    if (!user.success) throw unavailable('named no user in its answer')
    if (email !== undefined && user.data.email?.toLowerCase() !== email) { throw unavailable('answered about another user') }
    return user.data
  }

  function readTokens (answer: unknown): SupabaseTokens {
    const session = sessionAnswer.safeParse(answer)
    if (!session.success) throw unavailable('gave no session in its answer')
    return {
      access: session.data.access_token,
      refresh: session.data.refresh_token,
      expiresAt: now() + session.data.expires_in
    }
  }

  /** Whether the project takes new addresses as confirmed without a message to them ("Confirm email" off). */
  async function confirmsUnseen (): Promise<boolean> {
    const response = await fetch(`${project.url}/auth/v1/settings`, {
      headers: { apikey: project.key },
      signal: AbortSignal.timeout(timeout),
      redirect: 'error'
    }).catch((error: unknown) => {
      throw gone(error)
    })
    const settings = settingsAnswer.safeParse(await response.json().catch(() => undefined))
    if (!settings.success) throw unavailable('did not tell its settings')
    return settings.data.mailer_autoconfirm
  }

  return { ask, refusedBySupabase, readUser, readTokens, confirmsUnseen }
}

const UNREADABLE = 'gave an answer that cannot be read'

const codeOf = (error: AuthError): string => (/^[a-z_]{1,60}$/.test(error.code ?? '') ? error.code! : '')

/** An error that the library made up because the answer was no JSON, or not the JSON it expected. */
const isUnreadable = (error: AuthError | null): boolean =>
  error !== null && (!error.status || error.name === 'AuthInvalidTokenResponseError')

/** Names the fault by its code, never by its text: the text of a failed request may hold its headers. */
function describeFault (error: unknown, timeout: number): { fault: OutageReason; says: string } {
  const { name, cause } = error as Error
  if (name === 'TimeoutError') return { fault: 'slow', says: `did not answer within ${timeout} ms` }
  const code = (cause as { code?: unknown } | undefined)?.code
  return { fault: 'unreachable', says: `could not be reached${typeof code === 'string' ? ` (${code})` : ''}` }
}
