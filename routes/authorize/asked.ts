// What an app asks about the sign-in itself: prompt, acr_values, login_hint and id_token_hint (OpenID Connect Core
// §3.1.2.1; RFC 9470 §4).
import { consentRequired, invalidRequest, loginRequired } from '../../errors.ts'
import { SECOND_FACTOR, type OpenId } from '../../plugins/oauth/id-tokens.ts'
import type { Parameters } from '../../plugins/oauth/parameters.ts'
import type { SignInWishes } from '../../plugins/sign-in/intent.ts'

/** As long as an address. A longer hint is no address, and left out. */
const MAX_HINT_CHARACTERS = 254

export interface Asked {
  prompts: ReadonlySet<string>
  wishes: SignInWishes
}

/** @throws invalid_request */
export async function checkAsked (
  parameters: Parameters,
  clientId: string,
  openid: Pick<OpenId, 'subjectOf'>
): Promise<Asked> {
  const prompts = new Set(parameters.get('prompt')?.split(' '))
  if (prompts.has('none') && prompts.size > 1) throw invalidRequest('prompt=none must be the only value')
  const loginHint = parameters.get('login_hint')
  const hint = parameters.get('id_token_hint')
  const subject = hint === undefined ? undefined : await openid.subjectOf(hint, clientId)
  if (hint !== undefined && subject === undefined) {
    throw invalidRequest('id_token_hint is no ID token that this server gave to this client')
  }
  const prompt = (['login', 'select_account'] as const).find((value) => prompts.has(value))
  return {
    prompts,
    wishes: {
      ...(prompt && { prompt }),
      ...(parameters.get('acr_values')?.split(' ').includes(SECOND_FACTOR) && { secondFactor: true }),
      ...(loginHint !== undefined && loginHint.length <= MAX_HINT_CHARACTERS && { loginHint }),
      ...(subject !== undefined && { subject })
    }
  }
}

/**
 * Consent is asked for every time, so `consent` changes nothing, and `none` can never be granted.
 * @returns whether the person has to sign in, again or as another person.
 * @throws login_required or consent_required
 */
export function mustAsk (prompts: ReadonlySet<string>, isSignedIn: boolean): boolean {
  if (prompts.has('none')) {
    throw isSignedIn
      ? consentRequired('The person has to allow each connection: ask without prompt=none')
      : loginRequired('The person has to sign in: ask without prompt=none')
  }
  return prompts.has('login') || prompts.has('select_account')
}
