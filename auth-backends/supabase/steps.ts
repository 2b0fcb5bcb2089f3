// What follows once Supabase has named the person: the second factor if the account has one, else the finished sign-in.
import type { Identity, SignInAnswer } from '../contract.ts'
import { nameProblem } from '../sign-up-rules.ts'
import { groupsIn, type SupabaseAuth, type SupabaseTokens, type SupabaseUser } from './client.ts'
import { readClaims, writeSession } from './sessions.ts'

/**
 * What is known when Supabase has named the person, before a second factor is looked at.
 */
export interface Arrival {
  user: SupabaseUser
  tokens: SupabaseTokens
  /** Whether this very sign-in has shown that the person reads the mailbox. */
  readsMailbox?: boolean
}

/** What is stored between the first step and the second factor. */
export interface FactorMemo {
  session: string
  factorId: string
  emailVerified: boolean
}

export interface Steps {
  arrive(arrival: Arrival): Promise<SignInAnswer>
  finish(user: SupabaseUser, tokens: SupabaseTokens, emailVerified: boolean): SignInAnswer
}

export const CODE = /^\d{6,10}$/

/** The code has expired, was used, or was issued for another sign-in. */
export const SPENT = new Set([
  'flow_state_not_found',
  'flow_state_expired',
  'bad_code_verifier',
  'bad_oauth_state',
  'validation_failed',
  'otp_expired',
  'user_banned'
])

/** What follows a right password, code or redirect. */
export function createSteps (supabase: SupabaseAuth, forget: (tokens: SupabaseTokens) => void): Steps {
  const finish: Steps['finish'] = (user, tokens, emailVerified) => ({
    ...identify(user, emailVerified),
    ...(showsSecondFactor(tokens, user.id) && { secondFactor: true }),
    session: writeSession(tokens)
  })
  const arrive: Steps['arrive'] = async ({ user, tokens, readsMailbox }) => {
    // With "Confirm email" off Supabase sets the date without having sent a message: that
    // proves nothing.
    const emailVerified = readsMailbox ?? (Boolean(user.email_confirmed_at) && !(await supabase.confirmsUnseen()))
    const factors = user.factors?.filter(({ status }) => status === 'verified') ?? []
    if (factors.length === 0) return finish(user, tokens, emailVerified)
    // So far the session has level aal1: letting it through would disable the person's second factor.
    const totp = factors.find(({ factor_type: type }) => type === 'totp')
    if (totp) {
      const continuation: FactorMemo = { session: writeSession(tokens), factorId: totp.id, emailVerified }
      return { factor: { prompt: { key: 'providers.appCode' }, continuation: JSON.stringify(continuation), subject: user.id } }
    }
    forget(tokens)
    return { refused: { key: 'providers.otherFactor' } }
  }
  return { arrive, finish }
}

/** Seconds: a factor that was shown longer ago was for another sign-in. */
const FRESH_SECONDS = 300
/** Entries of `amr` that are a first factor, or the same sign-in going on. */
const FIRST_FACTORS = new Set(['password', 'otp', 'oauth', 'magiclink', 'recovery', 'invite', 'email/signup', 'token_refresh', 'anonymous'])

/**
 * Whether Supabase says in the token that it has just handed out, over a connection of ours, that this person showed a
 * second factor now (`aal` and `amr`; Supabase, "JWT Claims Reference").
 */
function showsSecondFactor ({ access }: SupabaseTokens, subject: string): boolean {
  const { sub, aal, amr, iat } = readClaims(access)
  if (sub !== subject || aal !== 'aal2' || !Array.isArray(amr) || typeof iat !== 'number') return false
  return amr.some((entry: { method?: unknown; timestamp?: unknown } | null) => {
    const { method, timestamp } = entry ?? {}
    const isSecond = typeof method === 'string' && !FIRST_FACTORS.has(method)
    return isSecond && typeof timestamp === 'number' && iat - timestamp < FRESH_SECONDS
  })
}

export function identify (user: SupabaseUser, emailVerified: boolean): Identity {
  const { full_name: fullName, name } = user.user_metadata ?? {}
  const called = [fullName, name].find(
    (value) => typeof value === 'string' && value.trim() !== '' && nameProblem(value) === undefined
  )
  return {
    subject: user.id,
    ...(user.email && { email: user.email, emailVerified }),
    name: called as string | undefined,
    groups: groupsIn(user)
  }
}
