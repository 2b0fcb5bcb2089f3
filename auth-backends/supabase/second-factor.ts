// The second factor of a Supabase account: a code from an authenticator app.
import type { SecondFactor } from '../contract.ts'
import type { SupabaseAuth } from './client.ts'
import { readSession } from './sessions.ts'
import { CODE, type FactorMemo, type Steps } from './steps.ts'

export function supabaseSecondFactor (supabase: SupabaseAuth, { finish }: Steps): SecondFactor {
  return {
    async verify ({ continuation, code }) {
      if (!CODE.test(code)) return null
      const { session, factorId, emailVerified } = JSON.parse(continuation) as FactorMemo
      const { access, refresh } = readSession(session)
      const { data, error } = await supabase.ask(async (auth) => {
        const known = await auth.setSession({ access_token: access, refresh_token: refresh })
        return known.error ? { data: null, error: known.error } : auth.mfa.challengeAndVerify({ factorId, code })
      })
      if (error) {
        if (WRONG_FACTOR.has(error.code ?? '') || error.name === 'AuthSessionMissingError') return null
        throw supabase.refusedBySupabase(error)
      }
      return finish(supabase.readUser(data?.user), supabase.readTokens(data), emailVerified)
    }
  }
}

const WRONG_FACTOR = new Set([
  'mfa_verification_failed',
  'mfa_verification_rejected',
  'mfa_challenge_expired',
  'mfa_factor_not_found',
  'session_not_found',
  'user_banned',
  'validation_failed'
])
