// How Supabase Auth is asked: a client of its own for every question, a time limit, and one error for everything that is not an answer.
import { createClient, type AuthError, type SupabaseClient } from '@supabase/supabase-js'
import { z } from 'zod'
import { BackendUnavailable } from './contract.ts'

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
  email: z.string(),
  email_confirmed_at: z.string().nullish(),
  user_metadata: z.record(z.string(), z.unknown()).nullish(),
  factors: z.array(z.object({ status: z.string() })).nullish()
})

export type SupabaseUser = z.output<typeof userAnswer>

const settingsAnswer = z.object({ mailer_autoconfirm: z.boolean() })

type AuthClient = SupabaseClient['auth']
type Answer = { data: unknown, error: AuthError | null }

export function createSupabaseClient (project: SupabaseProject, timeout: number) {
  const host = new URL(project.url).host
  const unavailable = (reason: string) => new BackendUnavailable(`Supabase at ${host} ${reason}`)

  /**
   * Asks with a client of its own: a shared one keeps the last person's session and would answer for them.
   * @throws BackendUnavailable when nothing came back that can be read. Errors that Supabase states are in the answer.
   */
  async function ask<A extends Answer> (question: (auth: AuthClient) => Promise<A>): Promise<{ answer: A, auth: AuthClient }> {
    let fault: string | undefined
    const patient: typeof fetch = async (input, init) => {
      try {
        // A redirect would carry the password to another address.
        return await fetch(input, { ...init, signal: AbortSignal.timeout(timeout), redirect: 'error' })
      } catch (error) {
        fault = describeFault(error, timeout)
        throw error
      }
    }
    const { auth } = createClient(project.url, project.key, {
      auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false, flowType: 'pkce' },
      global: { fetch: patient }
    })
    const answer = await question(auth).catch(() => { throw unavailable(fault ?? UNREADABLE) })
    if (fault || isUnreadable(answer.error)) throw unavailable(fault ?? UNREADABLE)
    return { answer, auth }
  }

  /** For an error in an answer that no person can do anything about. Its text is left out: it may repeat what was sent. */
  function refusedBySupabase (error: AuthError): BackendUnavailable {
    const code = /^[a-z_]{1,60}$/.test(error.code ?? '') ? ` ${error.code}` : ''
    const advice = error.status === 401 || error.status === 403 ? ': check SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY' : ''
    return unavailable(`answered HTTP ${error.status}${code}${advice}`)
  }

  /** @param email the address that was asked about: an answer about somebody else is no answer. */
  function readUser (answer: unknown, email: string): SupabaseUser {
    const user = userAnswer.safeParse(answer)
    if (!user.success) throw unavailable('named no user in its answer')
    if (user.data.email.toLowerCase() !== email) throw unavailable('answered about another user')
    return user.data
  }

  /** Whether the project takes new addresses as confirmed without a message to them ("Confirm email" off). */
  async function confirmsUnseen (): Promise<boolean> {
    const response = await fetch(`${project.url}/auth/v1/settings`, { headers: { apikey: project.key }, signal: AbortSignal.timeout(timeout), redirect: 'error' })
      .catch((error: unknown) => { throw unavailable(describeFault(error, timeout)) })
    const settings = settingsAnswer.safeParse(await response.json().catch(() => undefined))
    if (!settings.success) throw unavailable('did not tell its settings')
    return settings.data.mailer_autoconfirm
  }

  return { ask, refusedBySupabase, readUser, confirmsUnseen }
}

const UNREADABLE = 'gave an answer that cannot be read'

/** An error that the library made up because the answer was no JSON, or not the JSON it expected. */
const isUnreadable = (error: AuthError | null): boolean =>
  error !== null && (!error.status || error.name === 'AuthInvalidTokenResponseError')

/** Names the fault by its code, never by its text: the text of a failed request may hold its headers. */
function describeFault (error: unknown, timeout: number): string {
  const { name, cause } = error as Error
  if (name === 'TimeoutError') return `did not answer within ${timeout} ms`
  const code = (cause as { code?: unknown } | undefined)?.code
  return `could not be reached${typeof code === 'string' ? ` (${code})` : ''}`
}
