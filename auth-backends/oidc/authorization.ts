// What a sign-in asks a provider for (OpenID Connect Core §3.1.2.1), and what well-known ones want in its place.
import type { RedirectRequest } from '../methods.ts'
import { isApple, isGoogle, isMicrosoft, type OidcSettings } from './settings.ts'

type Asked = Pick<RedirectRequest, 'again' | 'chooseAccount' | 'secondFactor' | 'language' | 'loginHint'>

/** Apple has one for the name, and refuses those that it does not know. */
const APPLE_SCOPES: Readonly<Record<string, string>> = { openid: 'openid', email: 'email', profile: 'name', name: 'name' }

/** The regions that our Portuguese and Chinese are of. */
const LOCALES: Readonly<Record<string, string>> = { pt: 'pt-BR', zh: 'zh-CN' }

/**
 * Offline access needs consent (§11), but not at Microsoft, where asking for it overrides what an administrator has
 * allowed for everybody; Google has a parameter of its own for it.
 * @param prompts what the provider lists in `prompt_values_supported`.
 */
export function authorizationParameters (
  settings: OidcSettings,
  { again, chooseAccount, secondFactor, language, loginHint }: Asked,
  prompts: readonly string[] = []
): Record<string, string> {
  const [google, apple] = [isGoogle(settings), isApple(settings)]
  const isOffline = settings.OIDC_SCOPE.split(/\s+/).includes('offline_access')
  const scope = scopesFor(settings)
  const prompt = apple ? '' : promptFor(settings, { again, chooseAccount }, isOffline, prompts)
  const locale = language && (LOCALES[language] ?? language)
  return {
    scope,
    ...(prompt !== '' && { prompt }),
    ...(google && isOffline && { access_type: 'offline' }),
    ...(again && !apple && { max_age: '0' }),
    // Without it Google does not say when the person signed in there ("Security Bundle",
    // Session age claims).
    ...(again && google && { claims: '{"id_token":{"auth_time":{"essential":true}}}' }),
    ...(secondFactor && settings.OIDC_MFA_ACR && { acr_values: settings.OIDC_MFA_ACR.join(' ') }),
    ...(locale && { ui_locales: locale, ...(google && { hl: locale }) }),
    ...(loginHint !== undefined && { login_hint: loginHint }),
    // Apple gives name and address in no other way.
    ...(apple && /\b(?:name|email)\b/.test(scope) && { response_mode: 'form_post' })
  }
}

function scopesFor (settings: OidcSettings): string {
  const scopes = settings.OIDC_SCOPE.split(/\s+/)
  if (isApple(settings)) return [...new Set(scopes.flatMap((scope) => APPLE_SCOPES[scope] ?? []))].join(' ')
  return scopes.filter((scope) => !isGoogle(settings) || scope !== 'offline_access').join(' ')
}

/**
 * Google knows no `login`. Where `select_account` is not known to be, `login` lets people
 * choose as well.
 */
function promptFor (
  settings: OidcSettings,
  { again, chooseAccount }: Pick<Asked, 'again' | 'chooseAccount'>,
  isOffline: boolean,
  prompts: readonly string[]
): string {
  const knowsChoice = isGoogle(settings) || isMicrosoft(settings) || prompts.includes('select_account')
  const choice = again && !isGoogle(settings) ? 'login' : knowsChoice ? 'select_account' : 'login'
  return [...(again || chooseAccount ? [choice] : []), ...(isOffline && !isMicrosoft(settings) ? ['consent'] : [])].join(' ')
}
