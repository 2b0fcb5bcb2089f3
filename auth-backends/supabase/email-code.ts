// Sign-in at a Supabase project with a code by e-mail; the answer does not reveal whether the address has an account.
import type { AuthError } from '@supabase/supabase-js'
import { parseEmail, type BackendHost, type EmailCodeSignIn } from '../contract.ts'
import { addressProblem } from '../sign-up-rules.ts'
import type { SupabaseAuth } from './client.ts'
import { CODE, SPENT, type Steps } from './steps.ts'

export function supabaseEmailCode (supabase: SupabaseAuth, log: BackendHost['log'], { arrive }: Steps): EmailCodeSignIn {
  return {
    label: { key: 'sign-up.email' },
    async send ({ email, mayCreate }) {
      const address = parseEmail(email)
      const problem = addressProblem(address)
      if (problem) return { refused: problem }
      const { error } = await supabase.ask((auth) =>
        auth.signInWithOtp({ email: address, options: { shouldCreateUser: mayCreate } })
      )
      if (error && !isSilent(error)) throw supabase.refusedBySupabase(error)
      if (error?.code === 'over_email_send_rate_limit') { log.warn('Supabase did not send a code: over_email_send_rate_limit') }
      return { prompt: { key: 'providers.codeSent', values: { address } } }
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

/** Passing these on would reveal who has an account. */
const isSilent = ({ code }: AuthError): boolean =>
  ['otp_disabled', 'signup_disabled', 'user_not_found', 'user_banned', 'over_email_send_rate_limit'].includes(
    code ?? ''
  )
