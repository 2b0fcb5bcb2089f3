// What the account page says of an app and of an event, in words for the person they concern.
import type { AuthBackend } from '../../auth-backends/contract.ts'
import { paths } from '../../paths.ts'
import type { AuditEvent, EventName } from '../../plugins/observability/audit/contract.ts'
import { describeRedirectUri } from '../../plugins/oauth/clients/redirect-uris.ts'
import type { VerifiedHost } from '../../plugins/oauth/clients/verified-host.ts'
import type { Grant } from '../../plugins/oauth/grants/contract.ts'
import type { EndOthers, PageData } from '../../plugins/pages/page-data.ts'
import { describeScopes } from '../../plugins/oauth/scopes.ts'
import { toDisplayName } from '../../plugins/display-name.ts'
import { canAddSignInMethod } from '../../plugins/sign-in/admission.ts'
import type { LinkedIdentity, User } from '../../plugins/sign-in/contract.ts'
import { keyOf } from '../../plugins/accounts/identities.ts'
import { displayName } from '../../plugins/accounts/users.ts'
import type { GrantUsage } from '../../plugins/limits/usage.ts'
import type { LocalAccount } from './password-account.ts'

type Backends = ReadonlyMap<string, AuthBackend>

export const describePerson = (user: User) => ({
  name: displayName(user),
  ...(user.name && user.email && { detail: user.email })
})

/** How the person can sign in, and whether there is another way that they could add. One click is nobody's alone. */
export function describeWays (user: User, backends: Backends): Pick<PageData['account'], 'ways' | 'canAddWay'> {
  const { identities } = user
  const inUse = identities.filter(({ backend }) => backends.has(backend))
  return {
    ways: identities.map((identity) => ({
      text: describeIdentity(identity, backends),
      ...(inUse.some((other) => other !== identity) && { remove: `${paths.accountUnlink}?way=${keyOf(identity)}` })
    })),
    canAddWay:
      [...backends].some((backend) => canAddSignInMethod(user, backend)) &&
      !identities.every(({ backend }) => backends.get(backend)?.oneClick)
  }
}

/** For example `Example: ann@example.com`. */
export function describeIdentity ({ backend, email, name }: LinkedIdentity, backends: Backends): string {
  const title = backends.get(backend)?.title ?? `${backend} (not in use)`
  const who = email ?? name
  return who === undefined ? title : `${title}: ${who}`
}

/** @param stays of the identities: the one that is not offered. */
export const describeOthers = (
  { identities }: User,
  apps: number,
  stays: (identity: LinkedIdentity) => boolean,
  backends: Backends
): EndOthers => ({
  apps,
  ticked: false,
  ways: identities.filter((identity) => !stays(identity)).map((identity) => describeIdentity(identity, backends))
})

export const describeOwn = ({ backend, account }: LocalAccount): PageData['account']['own'][number] => ({
  email: account.email,
  actions: { password: withBackend(paths.accountPassword, backend), address: withBackend(paths.accountEmail, backend) }
})

const withBackend = (path: string, backend: string): string => `${path}?backend=${encodeURIComponent(backend)}`

const day = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10)

const minute = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)}`

export const describeEnd = ({ endsAt }: User): Pick<PageData['account'], 'until'> =>
  endsAt === undefined ? {} : { until: minute(new Date(endsAt * 1000).toISOString()) }

export const describeApp = (
  grant: Grant,
  verified: VerifiedHost | undefined,
  usage: GrantUsage
): PageData['account']['apps'][number] => ({
  id: grant.id,
  // Grants of earlier versions have it as the app wrote it.
  name: toDisplayName(grant.clientName, 'An app without a name'),
  ...describeRedirectUri(grant.code.redirectUri),
  // Any program on a computer may say that it is an app whose codes go there.
  ...(verified && !describeRedirectUri(grant.code.redirectUri).loopback && { verifiedHost: verified.host }),
  scopes: describeScopes(grant.scopes).map(({ text }) => text),
  connected: day(grant.createdAt),
  ...(usage.firstUsedAt !== undefined && { firstUsed: day(usage.firstUsedAt) }),
  ...(usage.lastCallDay !== undefined && { lastUsed: day(usage.lastCallDay) }),
  calls: usage.calls
})

const changes: Readonly<Record<string, string>> = {
  password: 'The password was changed',
  address: 'The e-mail address was changed',
  'way added': 'A way to sign in was added',
  'way removed': 'A way to sign in was removed'
}

const texts: Readonly<Record<EventName, (event: AuditEvent) => string>> = {
  challenge: () => 'An app was asked to sign in',
  registration: ({ clientName }) => `${clientName} registered`,
  registration_refused: () => 'An app could not register',
  authorization: ({ clientName }) => `${clientName} asked for access`,
  authorization_refused: () => 'An app asked for access in a way that was refused',
  sign_in: () => 'You signed in',
  sign_in_failed: ({ reason }) =>
    reason === 'present password' ? 'A wrong password was given on the account page' : 'A sign-in failed',
  sign_up: () => 'The account was made',
  consent: ({ clientName }) => `You allowed ${clientName}`,
  denial: ({ clientName }) => `You denied ${clientName}`,
  token: ({ clientName }) => `${clientName} was connected`,
  token_refused: () => 'An app was refused',
  connected: ({ clientName }) => `${clientName} used this server for the first time`,
  refresh: ({ clientName }) => `${clientName} renewed its access`,
  retry: ({ clientName }) => `${clientName} renewed its access twice with the same token`,
  reuse: ({ clientName }) => `${clientName} used something twice that works once, and was disconnected`,
  revocation: ({ clientName }) => `${clientName} was disconnected`,
  tool_call: ({ clientName, tool, outcome }) =>
    `${clientName} called ${tool}${outcome === 'ok' ? '' : outcome === 'refused' ? ', over a limit' : ', without success'}`,
  sign_out: () => 'You signed out',
  sign_out_everywhere: () => 'You signed out everywhere',
  limit: () => 'A limit was reached',
  lock: () => 'The account was locked',
  unlock: () => 'The account was unlocked',
  account_changed: ({ reason }) => changes[reason ?? ''] ?? 'The account was changed',
  account_deleted: () => 'The account was deleted'
}

export const describeEvent = (event: AuditEvent): PageData['account']['events'][number] => ({
  at: minute(event.at),
  text: texts[event.event](event),
  ...(event.address && { address: event.address })
})
