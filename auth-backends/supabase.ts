// Sign-in with the people of a Supabase project: Supabase Auth says who somebody is, tokens for MCP clients stay this server's own work.
import { z } from 'zod'
import { normalizeEmail, type AuthBackend, type BackendModule, type Credentials, type House, type Identity, type SignUpRequest, type SignUpResult } from './contract.ts'
import { passwordProblem } from './password-rules.ts'
import { addressProblem, nameProblem } from './sign-up-rules.ts'
import { createSupabaseClient, type SupabaseUser } from './supabase-client.ts'

const TIMEOUT_MS = 8000
/** Supabase stores bcrypt hashes, which see no more than this. */
const LONGEST_PASSWORD_BYTES = 72
/** Nobody types more; the rest is not worth sending. */
const LONGEST_CREDENTIAL = 1024

const WHERE = 'in the Supabase dashboard under Project Settings, API keys'

const isSecret = (key: string): boolean => key.startsWith('sb_secret_') || roleOf(key) === 'service_role'

/** The legacy keys are JWTs that name their role. */
function roleOf (key: string): unknown {
  try {
    return JSON.parse(Buffer.from(key.split('.')[1] ?? '', 'base64url').toString()).role
  } catch {
    return undefined
  }
}

const publicKey = z.string().trim()
  .regex(/^[\x21-\x7e]+$/, `copy the publishable key (sb_publishable_…) ${WHERE}`)
  .refine((key) => !isSecret(key), 'this is a secret key, which is not needed here and opens the whole project: write the publishable (or anon) key')

const projectUrl = z.string('write the URL of the project, for example https://abcdefghij.supabase.co')
  .trim()
  .refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), 'write the URL of the project, for example https://abcdefghij.supabase.co')
  .transform((value) => value.replace(/\/+$/, ''))

const env = z.object({
  SUPABASE_URL: projectUrl,
  SUPABASE_PUBLISHABLE_KEY: publicKey.optional(),
  SUPABASE_ANON_KEY: publicKey.optional()
}).refine((values) => values.SUPABASE_PUBLISHABLE_KEY !== undefined || values.SUPABASE_ANON_KEY !== undefined, {
  path: ['SUPABASE_PUBLISHABLE_KEY'],
  message: `write the publishable key (sb_publishable_…) ${WHERE}; a legacy anon key goes into SUPABASE_ANON_KEY`,
  // Also when SUPABASE_URL is wrong: the operator reads everything at once.
  when: () => true
})

type SupabaseEnv = z.output<typeof env>

const UNCONFIRMED = 'Confirm your e-mail address first: follow the link in the message that was sent to you, then sign in again.'
const SECOND_FACTOR = 'This account is protected by a second factor, which cannot be asked for here. Sign in with another account.'
/** One message for a new address, a known one, and one that was written to a minute ago: it tells nobody which it is. */
const CONFIRM = 'Check your mailbox: a message with a link is on its way if this address can have a new account. Follow the link, then come back and sign in. If nothing arrives, you may have an account already: try to sign in.'

/**
 * @param timeout milliseconds that Supabase has for each answer.
 * @throws nothing: the project is asked at the first sign-in, so that a start does not depend on it.
 */
export function openSupabase (values: SupabaseEnv, house: House, timeout = TIMEOUT_MS): AuthBackend {
  const supabase = createSupabaseClient({ url: values.SUPABASE_URL, key: (values.SUPABASE_PUBLISHABLE_KEY ?? values.SUPABASE_ANON_KEY)! }, timeout)
  const endings = new Set<Promise<unknown>>()

  /**
   * The session has done its work when the person is known, and nobody keeps its tokens; ending it only keeps the project's list of
   * sessions short. So the sign-in neither waits for it nor fails with it. Scope `local`: the person's other sessions stay.
   */
  function endSession (auth: { signOut (options: { scope: 'local' }): Promise<unknown> }): void {
    const ending = auth.signOut({ scope: 'local' }).catch(() => {}).finally(() => endings.delete(ending))
    endings.add(ending)
  }

  async function verify ({ identifier, password }: Credentials): Promise<Identity | { refused: string } | null> {
    if (!couldExist(identifier) || password.length > LONGEST_CREDENTIAL) return null
    const email = normalizeEmail(identifier)
    const { answer: { data, error }, auth } = await supabase.ask((client) => client.signInWithPassword({ email, password }))
    if (error) {
      if (error.code === 'email_not_confirmed') return { refused: UNCONFIRMED }
      // Supabase says `user_banned` before it looks at the password: told on, it would give the account away.
      if (error.code === 'invalid_credentials' || error.code === 'user_banned') return null
      throw supabase.refusedBySupabase(error)
    }
    endSession(auth)
    const user = supabase.readUser(data.user, email)
    // The password alone made a session of level aal1: letting it through would take the person's second factor away.
    if (user.factors?.some((factor) => factor.status === 'verified')) return { refused: SECOND_FACTOR }
    // With "Confirm email" off Supabase sets the date without having written to anybody: that proves nothing.
    return identify(user, Boolean(user.email_confirmed_at) && !await supabase.confirmsUnseen())
  }

  async function create (request: SignUpRequest): Promise<SignUpResult> {
    const email = normalizeEmail(request.email)
    const name = request.name?.trim() || undefined
    const refusal = refuse('email', addressProblem(email)) ?? refuse('name', name && nameProblem(name)) ??
      refuse('password', passwordProblem(request.password, email) ?? bytesProblem(request.password))
    if (refusal) return refusal
    const { answer: { data, error }, auth } = await supabase.ask((client) => client.signUp({
      email,
      password: request.password,
      // Where the link in the message ends, provided the project allows this address; else Supabase takes its own site URL.
      options: { data: name ? { full_name: name } : {}, emailRedirectTo: house.publicUrl }
    }))
    if (error) return signUpRefusal(error, house.log) ?? raise(supabase.refusedBySupabase(error))
    if (data.session) endSession(auth)
    const user = supabase.readUser(data.user, email)
    // A session at once means "Confirm email" is off: nobody has been written to.
    return data.session ? { kind: 'signed-up', identity: identify(user, false) } : { kind: 'confirm', message: CONFIRM }
  }

  return {
    title: 'Supabase account',
    password: { label: 'E-mail address', verify },
    signUp: { create },
    async close () { await Promise.all(endings) }
  }
}

/** Looser than for a new account, since Supabase decides; but the NUL that its database cannot store never goes out. */
const couldExist = (identifier: string): boolean =>
  identifier.length <= LONGEST_CREDENTIAL && /^\s*[^\s@\p{C}]+@[^\s@\p{C}]+\s*$/u.test(identifier)

const bytesProblem = (password: string): string | undefined =>
  Buffer.byteLength(password) > LONGEST_PASSWORD_BYTES ? `Use a shorter password: at most ${LONGEST_PASSWORD_BYTES} Latin letters, or about half as many of other scripts.` : undefined

function identify (user: SupabaseUser, emailVerified: boolean): Identity {
  const { full_name: fullName, name } = user.user_metadata ?? {}
  const called = [fullName, name].find((value) => typeof value === 'string' && value.trim() !== '' && nameProblem(value) === undefined)
  return { subject: user.id, email: user.email, emailVerified, name: called as string | undefined }
}

/** @returns undefined for an error that the person cannot do anything about. */
function signUpRefusal (error: { code?: string | undefined, message: string }, log: House['log']): SignUpResult | undefined {
  switch (error.code) {
    case 'weak_password': return refuse('password', `Supabase does not accept this password: ${error.message.slice(0, 300)}`)
    case 'signup_disabled':
    case 'email_provider_disabled': return refuse('email', 'New accounts cannot be made here at the moment.')
    case 'email_address_invalid':
    case 'email_address_not_authorized':
    case 'validation_failed': return refuse('email', 'Supabase does not accept this address. Write another one.')
    // Said only while "Confirm email" is off, when a new address is let in at once and the difference shows anyway.
    case 'user_already_exists': return refuse('email', 'There is an account with this address already. Sign in instead.')
    case 'over_email_send_rate_limit':
      // Either this address was written to a minute ago, or the project may send no more at all: the operator should know.
      log.warn('Supabase did not send a confirmation message: over_email_send_rate_limit')
      return { kind: 'confirm', message: CONFIRM }
    default: return undefined
  }
}

const refuse = (field: 'email' | 'password' | 'name', message: string | undefined): SignUpResult | undefined =>
  message ? { kind: 'refused', field, message } : undefined

function raise (error: Error): never { throw error }

export default {
  env,
  open: (values, house) => openSupabase(values, house)
} satisfies BackendModule<SupabaseEnv>
