// Sign-up at a Supabase project: the form is checked here first, and refusals reveal no existing account.
import type { Text } from '../../languages/index.ts'
import { parseEmail, type BackendHost, type SignUpRequest, type SignUpResult } from '../contract.ts'
import { passwordProblem } from '../password-rules.ts'
import { addressProblem, nameProblem } from '../sign-up-rules.ts'
import type { SupabaseAuth } from './client.ts'
import { writeSession } from './sessions.ts'
import { identify, type Steps } from './steps.ts'

/** Supabase stores bcrypt hashes, which see no more than this. */
const MAX_PASSWORD_BYTES = 72
/**
 * One message for a new address, a known one, and one that got a message a minute ago: it does
 * not reveal which.
 */
const CONFIRM: Text = { key: 'providers.signUpSent' }

/** What sign-up depends on. */
export interface Deps {
  supabase: SupabaseAuth
  host: BackendHost
  steps: Steps
}

export async function signUp ({ supabase, host }: Deps, request: SignUpRequest): Promise<SignUpResult> {
  const email = parseEmail(request.email)
  const name = request.name?.trim() || undefined
  const refusal =
    refuse('email', addressProblem(email)) ??
    refuse('name', name === undefined ? undefined : nameProblem(name)) ??
    refuse('password', passwordProblem(request.password, email) ?? bytesProblem(request.password))
  if (refusal) return refusal
  const { data, error } = await supabase.ask((auth) =>
    auth.signUp({
      email,
      password: request.password,
      // Where the link in the message leads, if the project allows this address; otherwise
      // Supabase uses its site URL.
      options: { data: name ? { full_name: name } : {}, emailRedirectTo: host.homeUrl }
    })
  )
  if (error) return signUpRefusal(error, host.log) ?? raise(supabase.refusedBySupabase(error))
  const user = supabase.readUser(data.user, email)
  if (!data.session) return { kind: 'confirm', message: CONFIRM }
  // A session at once means that "Confirm email" is off: no message was sent.
  const session = writeSession(supabase.readTokens(data.session))
  return { kind: 'signed-up', identity: { ...identify(user, false), session } }
}

const bytesProblem = (password: string): Text | undefined =>
  Buffer.byteLength(password) > MAX_PASSWORD_BYTES
    ? { key: 'providers.longPassword', values: { max: MAX_PASSWORD_BYTES } }
    : undefined

/** @returns undefined for an error that the person cannot do anything about. */
function signUpRefusal (
  error: { code?: string | undefined; message: string },
  log: BackendHost['log']
): SignUpResult | undefined {
  switch (error.code) {
    case 'weak_password':
      return refuse('password', { key: 'providers.weakPassword', values: { why: error.message.slice(0, 300) } })
    case 'signup_disabled':
    case 'email_provider_disabled':
      return refuse('email', { key: 'providers.signUpClosed' })
    case 'email_address_invalid':
    case 'email_address_not_authorized':
    case 'validation_failed':
      return refuse('email', { key: 'providers.otherAddress' })
    // Shown only while "Confirm email" is off, when a new address is let in at once and the
    // difference shows anyway.
    case 'user_already_exists':
      return refuse('email', { key: 'sign-up.taken' })
    case 'over_email_send_rate_limit':
      // Either this address was written to a minute ago, or the project may send no more at
      // all: the operator should
      // know.
      log.warn('Supabase did not send a confirmation message: over_email_send_rate_limit')
      return { kind: 'confirm', message: CONFIRM }
    default:
      return undefined
  }
}

const refuse = (field: 'email' | 'password' | 'name', message: Text | undefined): SignUpResult | undefined =>
  message ? { kind: 'refused', field, message } : undefined

function raise (error: Error): never {
  throw error
}
