// Sign-in with the people of a Supabase project: Supabase Auth says who a person is, and tokens for MCP clients stay this
// server's own work.
import {
  parseEmail,
  type AuthBackend,
  type BackendModule,
  type Credentials,
  type BackendHost,
  type Identity,
  type SignInAnswer,
  type SignUpRequest,
  type SignUpResult
} from '../contract.ts'
import { passwordProblem } from '../password-rules.ts'
import { addressProblem, nameProblem } from '../sign-up-rules.ts'
import { createSupabaseClient, type SupabaseAuth, type SupabaseTokens, type SupabaseUser } from './client.ts'
import { createSupabaseSessions, writeSession } from './sessions.ts'
import { env, projectOf, type SupabaseSettings } from './settings.ts'
import { supabaseEmailCode, supabaseRedirect, supabaseSecondFactor, type FactorMemo, type Steps } from './challenges.ts'

const TIMEOUT_MS = 8000
/** Supabase stores bcrypt hashes, which see no more than this. */
const MAX_PASSWORD_BYTES = 72
/** No one types more; the rest is not sent. */
const MAX_CREDENTIAL_LENGTH = 1024

const UNCONFIRMED =
  'Confirm your e-mail address first: follow the link in the message that was sent to you, then sign in again.'
const SECOND_FACTOR =
  'This account is protected by a second factor of a kind that cannot be asked for here. Add an authenticator app to it, or sign in with another account.'
/** One message for a new address, a known one, and one that got a message a minute ago: it does not reveal which. */
const CONFIRM =
  'Check your mailbox: a message with a link is on its way if this address can have a new account. Follow the link, then come back and sign in. If nothing arrives, you may have an account already: try to sign in.'

/** What the sign-in methods work with. */
interface Deps {
  supabase: SupabaseAuth
  host: BackendHost
  steps: Steps
}

/**
 * Does not contact the project, so that a start does not depend on it.
 * @param timeout milliseconds that Supabase has for each answer.
 */
export function openSupabase (settings: SupabaseSettings, host: BackendHost, timeout = TIMEOUT_MS): AuthBackend {
  const project = projectOf(settings)
  const supabase = createSupabaseClient(project, timeout, host.now)
  const sessions = createSupabaseSessions(supabase, project, host.now, timeout)
  const endings = new Set<Promise<unknown>>()

  /** Ending unused tokens only keeps the project's list of sessions short. So nothing waits for it or fails with it. */
  function forget (tokens: SupabaseTokens): void {
    const ending = sessions
      .end(writeSession(tokens))
      .catch(() => {})
      .finally(() => endings.delete(ending))
    endings.add(ending)
  }
  const steps = createSteps(supabase, forget)
  const deps: Deps = { supabase, host, steps }

  return {
    title: 'Supabase account',
    password: { label: 'E-mail address', verify: (credentials) => signIn(deps, credentials) },
    signUp: { create: (request) => signUp(deps, request) },
    ...(settings.SUPABASE_PROVIDERS.length > 0 && {
      redirect: supabaseRedirect(supabase, settings.SUPABASE_PROVIDERS, steps)
    }),
    ...(settings.SUPABASE_EMAIL_CODE === 'on' && { emailCode: supabaseEmailCode(supabase, host.log, steps) }),
    secondFactor: supabaseSecondFactor(supabase, steps),
    sessions,
    async close () {
      await Promise.all(endings)
    }
  }
}

/** What follows a right password, code or redirect. */
function createSteps (supabase: SupabaseAuth, forget: (tokens: SupabaseTokens) => void): Steps {
  const finish: Steps['finish'] = (user, tokens, emailVerified) => ({
    ...identify(user, emailVerified),
    session: writeSession(tokens)
  })
  const arrive: Steps['arrive'] = async ({ user, tokens, readsMailbox }) => {
    // With "Confirm email" off Supabase sets the date without having sent a message: that proves nothing.
    const emailVerified = readsMailbox ?? (Boolean(user.email_confirmed_at) && !(await supabase.confirmsUnseen()))
    const factors = user.factors?.filter(({ status }) => status === 'verified') ?? []
    if (factors.length === 0) return finish(user, tokens, emailVerified)
    // So far the session has level aal1: letting it through would disable the person's second factor.
    const totp = factors.find(({ factor_type: type }) => type === 'totp')
    if (totp) {
      const continuation: FactorMemo = { session: writeSession(tokens), factorId: totp.id, emailVerified }
      const prompt = 'Enter the code that your authenticator app shows for this account.'
      return { factor: { prompt, continuation: JSON.stringify(continuation), subject: user.id } }
    }
    forget(tokens)
    return { refused: SECOND_FACTOR }
  }
  return { arrive, finish }
}

async function signIn ({ supabase, steps }: Deps, { identifier, password }: Credentials): Promise<SignInAnswer> {
  if (!couldExist(identifier) || password.length > MAX_CREDENTIAL_LENGTH) return null
  const email = parseEmail(identifier)
  const { data, error } = await supabase.ask((auth) => auth.signInWithPassword({ email, password }))
  if (error) {
    if (error.code === 'email_not_confirmed') return { refused: UNCONFIRMED }
    // Supabase says `user_banned` before it checks the password: passed on, it would reveal the account.
    if (error.code === 'invalid_credentials' || error.code === 'user_banned') return null
    throw supabase.refusedBySupabase(error)
  }
  return steps.arrive({ user: supabase.readUser(data.user, email), tokens: supabase.readTokens(data.session) })
}

async function signUp ({ supabase, host }: Deps, request: SignUpRequest): Promise<SignUpResult> {
  const email = parseEmail(request.email)
  const name = request.name?.trim() || undefined
  const refusal =
    refuse('email', addressProblem(email)) ??
    refuse('name', name && nameProblem(name)) ??
    refuse('password', passwordProblem(request.password, email) ?? bytesProblem(request.password))
  if (refusal) return refusal
  const { data, error } = await supabase.ask((auth) =>
    auth.signUp({
      email,
      password: request.password,
      // Where the link in the message leads, if the project allows this address; otherwise Supabase uses its site URL.
      options: { data: name ? { full_name: name } : {}, emailRedirectTo: host.publicUrl }
    })
  )
  if (error) return signUpRefusal(error, host.log) ?? raise(supabase.refusedBySupabase(error))
  const user = supabase.readUser(data.user, email)
  if (!data.session) return { kind: 'confirm', message: CONFIRM }
  // A session at once means that "Confirm email" is off: no message was sent.
  const session = writeSession(supabase.readTokens(data.session))
  return { kind: 'signed-up', identity: { ...identify(user, false), session } }
}

/** Looser than for a new account, since Supabase decides; but the NUL that its database cannot store never goes out. */
const couldExist = (identifier: string): boolean =>
  identifier.length <= MAX_CREDENTIAL_LENGTH && /^\s*[^\s@\p{C}]+@[^\s@\p{C}]+\s*$/u.test(identifier)

const bytesProblem = (password: string): string | undefined =>
  Buffer.byteLength(password) > MAX_PASSWORD_BYTES
    ? `Use a shorter password: at most ${MAX_PASSWORD_BYTES} Latin letters, or about half as many of other scripts.`
    : undefined

function identify (user: SupabaseUser, emailVerified: boolean): Identity {
  const { full_name: fullName, name } = user.user_metadata ?? {}
  const called = [fullName, name].find(
    (value) => typeof value === 'string' && value.trim() !== '' && nameProblem(value) === undefined
  )
  return {
    subject: user.id,
    ...(user.email && { email: user.email, emailVerified }),
    name: called as string | undefined
  }
}

/** @returns undefined for an error that the person cannot do anything about. */
function signUpRefusal (
  error: { code?: string | undefined; message: string },
  log: BackendHost['log']
): SignUpResult | undefined {
  switch (error.code) {
    case 'weak_password':
      return refuse('password', `Supabase does not accept this password: ${error.message.slice(0, 300)}`)
    case 'signup_disabled':
    case 'email_provider_disabled':
      return refuse('email', 'New accounts cannot be made here at the moment.')
    case 'email_address_invalid':
    case 'email_address_not_authorized':
    case 'validation_failed':
      return refuse('email', 'Supabase does not accept this address. Write another one.')
    // Said only while "Confirm email" is off, when a new address is let in at once and the difference shows anyway.
    case 'user_already_exists':
      return refuse('email', 'There is an account with this address already. Sign in instead.')
    case 'over_email_send_rate_limit':
      // Either this address was written to a minute ago, or the project may send no more at all: the operator should
      // know.
      log.warn('Supabase did not send a confirmation message: over_email_send_rate_limit')
      return { kind: 'confirm', message: CONFIRM }
    default:
      return undefined
  }
}

const refuse = (field: 'email' | 'password' | 'name', message: string | undefined): SignUpResult | undefined =>
  message ? { kind: 'refused', field, message } : undefined

function raise (error: Error): never {
  throw error
}

export default {
  env,
  open: (settings, host) => openSupabase(settings, host)
} satisfies BackendModule<SupabaseSettings>
