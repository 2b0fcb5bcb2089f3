// Which well-known service a provider is: what people call it, and whose logo its button shows.
import type { Mark } from './methods.ts'

const NAMES: Readonly<Record<Mark, string>> = {
  apple: 'Apple',
  discord: 'Discord',
  facebook: 'Facebook',
  github: 'GitHub',
  gitlab: 'GitLab',
  google: 'Google',
  linkedin: 'LinkedIn',
  microsoft: 'Microsoft',
  okta: 'Okta',
  slack: 'Slack',
  x: 'X'
}

/**
 * Hosts of issuers (OpenID Connect Discovery §3). Microsoft has one for each of its clouds.
 */
const HOSTS: ReadonlyArray<[RegExp, Mark]> = [
  [/^appleid\.apple\.com$/, 'apple'],
  [/^discord\.com$/, 'discord'],
  [/^www\.facebook\.com$/, 'facebook'],
  [/^gitlab\.com$/, 'gitlab'],
  [/^accounts\.google\.com$/, 'google'],
  [/^www\.linkedin\.com$/, 'linkedin'],
  [/^(?:login\.microsoftonline\.(?:com|us)|login\.partner\.microsoftonline\.cn|sts\.windows\.net)$/, 'microsoft'],
  [/^[a-z0-9-]+\.okta(?:preview|-emea)?\.com$/, 'okta'],
  [/^slack\.com$/, 'slack']
]

/** As the service writes its own name. */
export const nameOfMark = (mark: Mark): string => NAMES[mark]

/** @param host in lower case, as `URL` gives it. */
export const markOfHost = (host: string): Mark | undefined => HOSTS.find(([pattern]) => pattern.test(host))?.[1]
