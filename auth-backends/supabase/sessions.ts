// The person's own session at Supabase: refreshed while they are signed in here, and used by tools on their behalf, which
// may do what row-level security lets this person do.
import type { AuthError } from '@supabase/supabase-js'
import { z } from 'zod'
import { limitAnswer } from '../bounded-fetch.ts'
import type { Renewed, Sessions } from '../contract.ts'
import type { SupabaseAuth, SupabaseProject, SupabaseTokens } from './client.ts'

/**
 * Seconds before the end of an access token at which a new one is fetched: more than the
 * server's own interval between checks.
 */
const MARGIN = 150

/** Of one answer that a tool asks for: more rows than a model can read. */
const MAX_TOOL_ANSWER_BYTES = 8 * 1024 * 1024

/** Supabase says that the session, or its user, is no more. */
const ENDED = new Set([
  'refresh_token_not_found',
  'refresh_token_already_used',
  'session_not_found',
  'session_expired',
  'user_not_found',
  'user_banned'
])
const hasEnded = (error: AuthError): boolean => ENDED.has(error.code ?? '') || error.name === 'AuthSessionMissingError'

export const writeSession = (tokens: SupabaseTokens): string => JSON.stringify(tokens)
export const readSession = (session: string): SupabaseTokens => JSON.parse(session) as SupabaseTokens

/**
 * @returns nothing of a token that is no JWT: a tool that needs a claim then finds none.
 */
export function readClaims (token: string): Record<string, unknown> {
  try {
    return z
      .record(z.string(), z.unknown())
      .parse(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()))
  } catch {
    return {}
  }
}

/**
 * @param now seconds since the epoch.
 * @param timeout milliseconds that the service has for an answer to a tool.
 */
export function createSupabaseSessions (
  supabase: SupabaseAuth,
  project: SupabaseProject,
  now: () => number,
  timeout: number
): Required<Pick<Sessions, 'renew' | 'end' | 'onBehalfOf'>> {
  /** @returns null when Supabase has ended the session. */
  async function refresh ({ refresh: token }: SupabaseTokens): Promise<{ tokens: SupabaseTokens; user: unknown } | null> {
    const { data, error } = await supabase.ask((auth) => auth.refreshSession({ refresh_token: token }))
    if (!error) return { tokens: supabase.readTokens(data.session), user: data.user }
    if (hasEnded(error)) return null
    throw supabase.refusedBySupabase(error)
  }

  /** With the groups as Supabase names them now. */
  function renewedOf (session: string, answer: unknown): Renewed {
    const person = supabase.findGroups(answer)
    return { session, ...(person && { person }) }
  }

  return {
    async renew (session) {
      const tokens = readSession(session)
      if (tokens.expiresAt - now() > MARGIN) {
        // A signature alone would not show that the person has signed out.
        const { data, error } = await supabase.ask((auth) => auth.getUser(tokens.access))
        if (!error) return renewedOf(session, data.user)
        if (hasEnded(error)) return null
        if (error.code !== 'bad_jwt') throw supabase.refusedBySupabase(error)
      }
      const renewed = await refresh(tokens)
      return renewed && renewedOf(writeSession(renewed.tokens), renewed.user)
    },
    async end (session) {
      const tokens = readSession(session)
      // Supabase takes a sign-out only from a token that still counts.
      const current = tokens.expiresAt > now() ? tokens : (await refresh(tokens))?.tokens
      // Scope `local`: the person's other sessions stay.
      if (current) await supabase.ask((auth) => auth.admin.signOut(current.access, 'local'))
    },
    onBehalfOf: {
      service: 'supabase',
      // Fresh from Supabase, or shown to it within the last minute: its signature is not checked again.
      claims: (session) => readClaims(readSession(session).access),
      async open (session) {
        const { createClient } = await import('@supabase/supabase-js')
        const { access } = readSession(session)
        return createClient(project.url, project.key, {
          accessToken: async () => access,
          global: {
            fetch: async (input, init) => {
              const signal = AbortSignal.any([AbortSignal.timeout(timeout), ...(init?.signal ? [init.signal] : [])])
              return limitAnswer(await fetch(input, { ...init, signal, redirect: 'error' }), MAX_TOOL_ANSWER_BYTES)
            }
          }
        })
      }
    }
  }
}
