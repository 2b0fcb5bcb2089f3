// The ways into a Supabase project besides a password: its social providers, a code by e-mail, and the second factor
// that an account may ask for.
import type { AuthError, Provider } from '@supabase/supabase-js'
import {
  parseEmail,
  type EmailCodeSignIn,
  type BackendHost,
  type RedirectSignIn,
  type SecondFactor,
  type SignInAnswer
} from '../contract.ts'
import { addressProblem } from '../sign-up-rules.ts'
import type { SupabaseAuth, SupabaseTokens, SupabaseUser } from './client.ts'
import { readSession } from './sessions.ts'

/** What is known when Supabase has named the person, before a second factor is looked at. */
export interface Arrival {
  user: SupabaseUser
  tokens: SupabaseTokens
  /** Whether this very sign-in has shown that the person reads the mailbox. */
  readsMailbox?: boolean
}

/** What is kept between the first step and the second factor. */
export interface FactorMemo {
  session: string
  factorId: string
  emailVerified: boolean
}

export interface Steps {
  arrive(arrival: Arrival): Promise<SignInAnswer>
  finish(user: SupabaseUser, tokens: SupabaseTokens, emailVerified: boolean): SignInAnswer
}

const CODE = /^\d{6,10}$/
const NAMES: Readonly<Record<string, string>> = {
  github: 'GitHub',
  gitlab: 'GitLab',
  linkedin_oidc: 'LinkedIn',
  azure: 'Microsoft',
  slack_oidc: 'Slack',
  workos: 'WorkOS'
}
const nameOf = (provider: string): string => NAMES[provider] ?? provider.charAt(0).toUpperCase() + provider.slice(1)

export function supabaseRedirect (supabase: SupabaseAuth, providers: string[], { arrive }: Steps): RedirectSignIn {
  return {
    providers: providers.map((id) => ({ id, label: `Continue with ${nameOf(id)}` })),
    async begin ({ provider, callbackUrl, state }) {
      const items = new Map<string, string>()
      // Supabase keeps a state of its own with the provider; ours comes back in the query of the address it returns to.
      const { data, error } = await supabase.ask(
        (auth) =>
          auth.signInWithOAuth({
            provider: provider as Provider,
            options: { redirectTo: `${callbackUrl}?state=${encodeURIComponent(state)}`, skipBrowserRedirect: true }
          }),
        items
      )
      if (error || !data.url) throw supabase.refusedBySupabase(error!)
      return { url: data.url, continuation: JSON.stringify([...items]) }
    },
    async finish ({ url, continuation }) {
      const code = url.searchParams.get('code')
      const refusal = url.searchParams.get('error_code') ?? url.searchParams.get('error')
      if (refusal === 'access_denied') { return { refused: 'You did not go on at the provider. Try again, or sign in another way.' } }
      if (refusal === 'signup_disabled') { return { refused: 'There is no account for you here, and new ones cannot be made at the moment.' } }
      if (code === null) return null
      const { data, error } = await supabase.ask(
        (auth) => auth.exchangeCodeForSession(code),
        new Map(JSON.parse(continuation) as Array<[string, string]>)
      )
      if (error) {
        if (SPENT.has(error.code ?? '')) return null
        throw supabase.refusedBySupabase(error)
      }
      return arrive({ user: supabase.readUser(data.user), tokens: supabase.readTokens(data.session) })
    }
  }
}

/** The code has expired, was used, or was issued for another sign-in. */
const SPENT = new Set([
  'flow_state_not_found',
  'flow_state_expired',
  'bad_code_verifier',
  'bad_oauth_state',
  'validation_failed',
  'otp_expired',
  'user_banned'
])

export function supabaseEmailCode (supabase: SupabaseAuth, log: BackendHost['log'], { arrive }: Steps): EmailCodeSignIn {
  return {
    label: 'E-mail address',
    async send ({ email, mayCreate }) {
      const address = parseEmail(email)
      const problem = addressProblem(address)
      if (problem) return { refused: problem }
      const { error } = await supabase.ask((auth) =>
        auth.signInWithOtp({ email: address, options: { shouldCreateUser: mayCreate } })
      )
      if (error && !isSilent(error)) throw supabase.refusedBySupabase(error)
      if (error?.code === 'over_email_send_rate_limit') { log.warn('Supabase did not send a code: over_email_send_rate_limit') }
      return {
        prompt: `If ${address} can sign in here, a message with a code is on its way to it. Write the code here; it works for a short time. Nothing there? Look into the spam folder, or wait a minute and ask again.`
      }
    },
    async verify ({ email, code }) {
      const address = parseEmail(email)
      if (!CODE.test(code) || addressProblem(address)) return null
      const { data, error } = await supabase.ask((auth) =>
        auth.verifyOtp({ email: address, token: code, type: 'email' })
      )
      if (error) {
        if (SPENT.has(error.code ?? '')) return null
        throw supabase.refusedBySupabase(error)
      }
      return arrive({
        user: supabase.readUser(data.user, address),
        tokens: supabase.readTokens(data.session),
        readsMailbox: true
      })
    }
  }
}

/** Said on, these would tell who has an account. */
const isSilent = ({ code }: AuthError): boolean =>
  ['otp_disabled', 'signup_disabled', 'user_not_found', 'user_banned', 'over_email_send_rate_limit'].includes(
    code ?? ''
  )

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
