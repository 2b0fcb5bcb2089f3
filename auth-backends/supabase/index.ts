// Sign-in with the people of a Supabase project: Supabase Auth says who a person is, and tokens for MCP clients stay this
// server's own work.
// This room owns each way in (password, code, redirect), the second factor, sessions at Supabase and its faults; it
// hands the backend on.
import {
  parseEmail,
  type AuthBackend,
  type BackendModule,
  type Credentials,
  type BackendHost,
  type SignInAnswer
} from '../contract.ts'
import { createSupabaseClient, type SupabaseTokens } from './client.ts'
import { supabaseEmailCode } from './email-code.ts'
import { supabaseRedirect } from './redirect.ts'
import { supabaseSecondFactor } from './second-factor.ts'
import { createSupabaseSessions, writeSession } from './sessions.ts'
import { env, projectOf, type SupabaseSettings } from './settings.ts'
import { signUp, type Deps } from './sign-up.ts'
import { createSteps } from './steps.ts'

const TIMEOUT_MS = 8000
/** No one types more; the rest is not sent. */
const MAX_CREDENTIAL_LENGTH = 1024

/**
 * Does not contact the project, so that a start does not depend on it.
 * @param timeout milliseconds that Supabase has for each answer.
 */
export function openSupabase (settings: SupabaseSettings, host: BackendHost, timeout = TIMEOUT_MS): AuthBackend {
  const project = projectOf(settings)
  const supabase = createSupabaseClient(project, timeout, host.now)
  const sessions = createSupabaseSessions(supabase, project, host.now, timeout)
  const endings = new Set<Promise<unknown>>()

  /**
   * Ending unused tokens only keeps the project's list of sessions short. So nothing waits for
   * it or fails with it.
   */
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
    title: { key: 'providers.supabase' },
    password: { label: { key: 'sign-up.email' }, verify: (credentials) => signIn(deps, credentials) },
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

async function signIn ({ supabase, steps }: Deps, { identifier, password }: Credentials): Promise<SignInAnswer> {
  if (!couldExist(identifier) || password.length > MAX_CREDENTIAL_LENGTH) return null
  const email = parseEmail(identifier)
  const { data, error } = await supabase.ask((auth) => auth.signInWithPassword({ email, password }))
  if (error) {
    if (error.code === 'email_not_confirmed') return { refused: { key: 'providers.unconfirmed' } }
    // Supabase says `user_banned` before it checks the password: passed on, it would reveal
    // the account.
    if (error.code === 'invalid_credentials' || error.code === 'user_banned') return null
    throw supabase.refusedBySupabase(error)
  }
  return steps.arrive({ user: supabase.readUser(data.user, email), tokens: supabase.readTokens(data.session) })
}

/**
 * Looser than for a new account, since Supabase decides; but the NUL that its database cannot
 * store never goes out.
 */
const couldExist = (identifier: string): boolean =>
  identifier.length <= MAX_CREDENTIAL_LENGTH && /^\s*[^\s@\p{C}]+@[^\s@\p{C}]+\s*$/u.test(identifier)

export default {
  env,
  open: (settings, host) => openSupabase(settings, host)
} satisfies BackendModule<SupabaseSettings>
