// When the person of a session last proved who they are, and for how long that allows them to change how the account
// is entered (OWASP ASVS 7.5.1; threat AW-01).
import type { RedirectRequest } from '../../auth-backends/contract.ts'
import { isRecent } from '../is-recent.ts'
import type { Interaction } from './contract.ts'
import type { SignInWishes } from './intent.ts'

/**
 * Seconds for which a password, a code or an authentication at a provider allows such a
 * change.
 */
export const FRESH_SECONDS = 300

/**
 * @param provenAt seconds since the epoch. Undefined is never fresh: the provider did not say when the person
 * authenticated there, so a session that it still had of the browser may have answered. Nor is what is yet to come: the
 * clock had leapt then.
 */
export const isFresh = (provenAt: number | undefined, now: number, seconds = FRESH_SECONDS): boolean =>
  provenAt !== undefined && isRecent(provenAt, seconds, now)

/**
 * Whether a sign-in counts for what the person came for. With `prompt=login`, a provider that says that they were not
 * asked again is believed, and one that says nothing was asked, which is all that OpenID Connect Core §3.1.2.1 wants.
 */
export function provesEnough (interaction: Pick<Interaction, 'intent' | 'proof'>, provenAt: number | undefined, now: number): boolean {
  const seconds = requiredFreshness(interaction)
  if (seconds !== undefined) return isFresh(provenAt, now, seconds)
  return !wantsLogin(interaction) || provenAt === undefined || isFresh(provenAt, now)
}

const wishesOf = ({ intent }: Pick<Interaction, 'intent'>): SignInWishes =>
  (intent.kind === 'authorization' && intent.request.wishes) || {}

const wantsLogin = (interaction: Pick<Interaction, 'intent'>): boolean => wishesOf(interaction).prompt === 'login'

/** What a provider is asked for, besides who the person is. */
export function askedOf (interaction: Interaction): Omit<RedirectRequest, 'provider' | 'callbackUrl' | 'state'> {
  const { language } = interaction
  const { prompt, secondFactor, loginHint } = wishesOf(interaction)
  const again = requiredFreshness(interaction) !== undefined || wantsLogin(interaction)
  return {
    ...(again && { again }),
    ...(prompt === 'select_account' && { chooseAccount: true }),
    ...(secondFactor && { secondFactor }),
    ...(language && { language }),
    ...(loginHint !== undefined && { loginHint })
  }
}

/**
 * @returns seconds: only a sign-in by which the person proved who they are within them counts. Undefined where any does.
 * A sign-in takes a while, so not even `max_age=0` asks for less than the seconds for which proof is fresh.
 */
export function requiredFreshness ({ intent, proof }: Pick<Interaction, 'intent' | 'proof'>): number | undefined {
  // Joining a sign-in method to an account is as sensitive as adding one on its page.
  if (proof?.isJoining || (intent.kind === 'visit' && intent.again)) return FRESH_SECONDS
  return intent.kind === 'authorization' && intent.request.maxAge !== undefined
    ? Math.max(intent.request.maxAge, FRESH_SECONDS)
    : undefined
}
