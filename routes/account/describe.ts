// What the account page says of the person, their sign-in methods and their apps.
import type { AuthBackend } from '../../auth-backends/contract.ts'
import type { Words } from '../../languages/index.ts'
import type { Paths } from '../../paths.ts'
import { organizationOf } from '../../plugins/accounts/organizations.ts'
import { displayName } from '../../plugins/accounts/user-record.ts'
import { describeRedirectUri } from '../../plugins/oauth/clients/redirect-uris.ts'
import type { VerifiedHost } from '../../plugins/oauth/clients/verified-host.ts'
import type { Grant } from '../../plugins/oauth/grants/contract.ts'
import type { EndOthers } from '../../plugins/pages/account-page-data.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'
import { dayOf } from '../../plugins/pages/time.ts'
import { describeLess, nameSome } from '../../plugins/oauth/less.ts'
import { describeScopes } from '../../plugins/oauth/scopes.ts'
import { toDisplayName } from '../../plugins/display-name.ts'
import { canAddSignInMethod } from '../../plugins/sign-in/admission.ts'
import type { LinkedIdentity, User } from '../../plugins/sign-in/contract.ts'
import { keyOf } from '../../plugins/accounts/identities.ts'
import { describeIdentity } from '../../plugins/accounts/removed-methods.ts'
import type { GrantUsage } from '../../plugins/limits/usage.ts'
import type { LocalAccount } from './password-account.ts'

type Backends = ReadonlyMap<string, AuthBackend>

export const describePerson = (user: User) => ({
  name: displayName(user),
  ...(user.name && user.email && { detail: user.email })
})

/**
 * How the person can sign in, and whether they can add a method. A one-click account belongs to a browser: none.
 * @param removePath the page that removes a method.
 */
export function describeMethods (
  words: Words,
  user: User,
  backends: Backends,
  removePath: string
): Pick<PageData['account'], 'methods' | 'canAddMethod'> {
  const { identities } = user
  const inUse = identities.filter(({ backend }) => backends.has(backend))
  return {
    methods: identities.map((identity) => ({
      text: describeIdentity(words, identity, backends),
      ...(inUse.some((other) => other !== identity) && { remove: `${removePath}?way=${keyOf(identity)}` })
    })),
    canAddMethod:
      [...backends].some((backend) => canAddSignInMethod(user, backend)) &&
      !identities.every(({ backend }) => backends.get(backend)?.oneClick)
  }
}

/** What else can be ended. @param stays of the identities: not offered for removal. */
export const describeOthers = (
  words: Words,
  { identities }: User,
  others: Pick<EndOthers, 'apps' | 'keys'>,
  stays: (identity: LinkedIdentity) => boolean,
  backends: Backends
): EndOthers => ({
  ...others,
  ticked: false,
  methods: identities.filter((identity) => !stays(identity)).map((identity) => describeIdentity(words, identity, backends))
})

export const describeOwn = (
  { backend, account }: LocalAccount,
  paths: Pick<Paths, 'accountPassword' | 'accountEmail'>
): PageData['account']['own'][number] => ({
  email: account.email,
  actions: { password: withBackend(paths.accountPassword, backend), address: withBackend(paths.accountEmail, backend) }
})

const withBackend = (path: string, backend: string): string => `${path}?backend=${encodeURIComponent(backend)}`

export const describeEnd = (words: Words, { endsAt }: User): Pick<PageData['account'], 'until'> =>
  endsAt === undefined ? {} : { until: words.minute(endsAt) }

/** @param upstreams that it may use: names. */
export const describeApp = (
  words: Words,
  grant: Grant,
  verified: VerifiedHost | undefined,
  usage: GrantUsage,
  upstreams: readonly string[] = []
): PageData['account']['apps'][number] => ({
  id: grant.id,
  // Grants of earlier versions have the name as the app wrote it.
  name: toDisplayName(grant.clientName, words.text('account.unnamedApp')),
  ...(grant.code
    ? describeReturn(grant.code.redirectUri, verified)
    : { organization: organizationOf(grant.backend) ?? '' }),
  scopes: describeScopes(words, grant.scopes).map(({ text }) => text),
  less: describeLess(words, grant),
  ...(upstreams.length > 0 && { uses: nameSome(words, upstreams) }),
  connected: dayOf(words, grant.createdAt),
  ...(grant.code && { ends: dayOf(words, grant.endsAt) }),
  ...(usage.firstUsedAt !== undefined && { firstUsed: dayOf(words, usage.firstUsedAt) }),
  ...(usage.lastCallDay !== undefined && { lastUsed: dayOf(words, usage.lastCallDay) }),
  calls: usage.calls
})

/** Any program on a computer may claim to be an app whose codes go to loopback. */
function describeReturn (redirectUri: string, verified: VerifiedHost | undefined) {
  const returns = describeRedirectUri(redirectUri)
  return { ...returns, ...(verified && !returns.loopback && { verifiedHost: verified.host }) }
}
