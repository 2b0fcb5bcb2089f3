// Grants and their tokens: issue a code, redeem it, rotate, verify, revoke. One record a grant, one atomic step a
// change (OAuth 2.1 §4.1, §4.3; RFC 7009).
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Clock } from '../../../clock.ts'
import type { Config } from '../../../config/index.ts'
import { signInExpired } from '../../../errors.ts'
import type { CurrentUser } from '../../accounts/user-store.ts'
import type { Sealing } from '../../secrets.ts'
import { cacheRecords } from '../../storage/cached.ts'
import type { Collection } from '../../storage/contract.ts'
import { createSettledTime } from '../../storage/monotonic-time.ts'
import { organizationBackends } from '../../accounts/organizations.ts'
import { inTurns } from '../../in-turns.ts'
import { createGrantsByUser, type GrantList, type GrantsByUser } from './by-user.ts'
import { servicesOf } from '../services.ts'
import type { Context } from './access.ts'
import type { Grant, TokenSet } from './contract.ts'
import { createEndings, type EndListener, type EndReason } from './endings.ts'
import { createIssuing, TokenReuse, type Issuing } from './issuing.ts'
import { GRANT_BOUNDS, grantsToReplace, newGrant, type NewGrant } from './new-grant.ts'
import { createOrganizationGrants, type OrganizationGrant } from './organization-grant.ts'
import { createReading, type GrantReading, type GrantStore } from './reading.ts'
import { takeByToken } from './token-owner.ts'
import type { GrantCheck } from './transitions.ts'

export { TokenReuse, type NewGrant }

declare module 'fastify' {
  interface FastifyInstance {
    grants: Grants
  }
}

/**
 * `check` returns what is wrong with the request for this grant, or undefined. It runs before
 * anything is consumed.
 */
export interface Grants extends GrantReading {
  /**
   * Writes the grant of one consent. Beyond {@link GRANT_BOUNDS} the least recently used grant ends for it.
   * @returns the authorization code.
   * @throws sign_in_expired when the session that consented has ended meanwhile, with no grant left.
   */
  issueCode(grant: NewGrant): Promise<string>
  /** @throws invalid_grant. A replay by the code's own client ends the grant first. */
  redeem(code: string, check: GrantCheck, options: { withRefresh: boolean }): Promise<TokenSet>
  /**
   * @param scopes requested, within the grant's; undefined for all of them.
   * @param beforeSpare called before a retry has a token of its own written: what it throws refuses that.
   * @throws invalid_grant; reuse ends the grant first.
   */
  refresh: Issuing['refresh']
  /**
   * An access token for what an organization allowed its person. The same permission stays one grant.
   * Whether the person may hold it is checked afterwards, by the caller.
   */
  issueByOrganization(allowed: OrganizationGrant): Promise<TokenSet>
  /**
   * RFC 6749 §4.4: an access token for a service, and nothing to refresh it
   * with. It has {@link MAX_SERVICE_TOKENS}; the oldest goes for one more.
   */
  issueToService: Issuing['issueToService']
  /**
   * Undoes what was issued, unless it was a retry: the response did not reach the client, which finds its code or token
   * unused.
   */
  takeBack(issued: TokenSet): void
  /**
   * RFC 7009: ends the whole grant of an access or refresh token of this client.
   * @returns the grant as it was; undefined when the token is not one of ours.
   * @throws invalid_grant for another client's.
   */
  revokeToken(token: string, clientId: string): Promise<Grant | undefined>
  revoke(grantId: string): Promise<void>
  /**
   * Ends everything a person has allowed, including codes that were not redeemed yet.
   * @param which of it; without it, all.
   */
  revokeAllOf(userId: string, which?: (grant: Grant) => boolean): Promise<void>
  /** The apps a person has connected, newest first. */
  listByUser(userId: string): Promise<Grant[]>
  /** The apps that people have connected, in no order. */
  all(): AsyncIterable<Grant>
  /** What people have allowed one app, codes that were not redeemed yet included; in no order. */
  allOf(clientId: string): AsyncIterable<Grant>
  /**
   * Calls the listener with each grant that ended before its time, after it is removed.
   */
  onEnd(listener: EndListener): void
}

type Options = Pick<
  Config,
  | 'mcpUrl'
  | 'backends'
  | 'idJagIssuers'
  | 'accessTokenTtl'
  | 'refreshTokenTtl'
  | 'grantTtl'
  | 'refreshGrace'
  | 'authorizationCodeTtl'
> &
  Partial<Pick<Config, 'clients'>>

export default fp(
  async function grants (app: FastifyInstance, options: Options) {
    app.decorate(
      'grants',
      createGrants(
        await cacheRecords<Grant>(app.storage, 'grant', app.now),
        app.storage.collection<GrantList>('grantList'),
        app.sealing,
        app.now,
        options,
        app.userStore.current,
        app.settled
      )
    )
  },
  { name: 'grants', dependencies: ['storage', 'user-store'] }
)

export function createGrants (
  store: GrantStore,
  lists: Collection<GrantList>,
  sealing: Sealing,
  now: Clock,
  life: Options,
  currentUser: CurrentUser,
  settled = createSettledTime(now)
): Grants {
  const byUser = createGrantsByUser(lists, store, now, settled)
  const backendsInUse = new Set([...life.backends.map(({ id }) => id), ...organizationBackends(life)])
  const whereUsable = (check: GrantCheck): GrantCheck => requireUsable({ backendsInUse, resource: life.mcpUrl }, check)
  const valid = { resource: life.mcpUrl, backendsInUse, services: servicesOf(life.clients ?? []) }
  const { onEnd, ended, endingReuse } = createEndings()
  const issuing = createIssuing(store, sealing, now, life)
  async function end (grantId: string, reason: EndReason = 'ended'): Promise<Grant | undefined> {
    const found = await store.take(grantId)
    await ended(found, reason)
    return found
  }

  /**
   * Keeps a person within the bounds. Counts ids first, so that nearly everyone costs one
   * read.
   */
  async function makeRoom (userId: string, clientId: string): Promise<void> {
    if ((await byUser.ids(userId)).length < GRANT_BOUNDS.perClient) return
    const replaced = grantsToReplace(await byUser.live(userId), clientId).map(({ id }) => id)
    for (const id of replaced) await end(id, 'replaced')
    await byUser.drop(userId, replaced)
  }

  const withdraw = ({ id, user }: Grant) => store.delete(id).then(() => byUser.drop(user.id, [id]))
  return {
    async issueCode (allowed) {
      await makeRoom(allowed.user.id, allowed.clientId)
      const { grant, code } = newGrant(allowed, now(), life)
      await byUser.add(grant)
      await store.put(grant.id, grant, life.authorizationCodeTtl)
      const isAllowed = await allowed.isStillSignedIn().catch(async (error: unknown) => {
        await withdraw(grant)
        throw error
      })
      if (isAllowed) return code
      await withdraw(grant)
      throw signInExpired()
    },
    redeem: (code, check, { withRefresh }) => endingReuse(issuing.redeem(code, whereUsable(check), withRefresh)),
    refresh: (token, check, ...more) => endingReuse(issuing.refresh(token, whereUsable(check), ...more)),
    issueByOrganization: createOrganizationGrants({ store, byUser, makeRoom, now, life }),
    issueToService: issuing.issueToService,
    takeBack: issuing.takeBack,
    ...createReading(store, sealing, now, valid, currentUser),
    async revokeToken (token, clientId) {
      const found = await takeByToken(store, sealing, token, clientId)
      await ended(found, 'ended')
      return found
    },
    listByUser: async (userId) => (await byUser.live(userId)).filter(isConnected),
    ...createRevoking(store, byUser, end),
    ...createWalks(store),
    onEnd
  }
}

type End = (grantId: string) => Promise<Grant | undefined>

const createRevoking = (store: GrantStore, byUser: GrantsByUser, end: End): Pick<Grants, 'revoke' | 'revokeAllOf'> => ({
  async revoke (grantId) {
    const found = await end(grantId)
    // Nobody reads the list of somebody who was deleted meanwhile (threat AC-34).
    if (found) await byUser.drop(found.user.id, [grantId])
  },
  async revokeAllOf (userId, which) {
    const ids = await byUser.ids(userId)
    const ended = which ? await selectIds(store, ids, which) : ids
    await Promise.all(ended.map((id) => end(id)))
    await byUser.drop(userId, ended)
  }
})

const createWalks = (store: GrantStore): Pick<Grants, 'all' | 'allOf'> => ({
  all: () => selected(store, isConnected),
  allOf: (clientId) => selected(store, (grant) => grant.clientId === clientId && grant.service === undefined)
})

async function * selected (store: GrantStore, which: (grant: Grant) => boolean): AsyncIterable<Grant> {
  for await (const { record } of inTurns(store.all())) if (which(record)) yield record
}

/** A service has no account page, and a code that was never redeemed is no app. */
const isConnected = ({ code, service }: Grant): boolean =>
  service === undefined && code?.used !== false

/**
 * Nothing of a grant works while the backend that its person signed in with is not configured, or at another address than it
 * was given for: its access tokens would be refused, and the app would refresh them again and again (threat WB-46).
 */
const requireUsable =
  ({ backendsInUse, resource }: Pick<Context, 'backendsInUse' | 'resource'>, check: GrantCheck): GrantCheck =>
    (grant) => {
      if (!backendsInUse.has(grant.backend)) return 'the sign-in method is no longer in use; sign in again'
      return grant.resource === resource ? check(grant) : 'this server has another address now; sign in again'
    }

async function selectIds (store: Collection<Grant>, ids: string[], which: (grant: Grant) => boolean): Promise<string[]> {
  const found = await Promise.all(ids.map((id) => store.find(id)))
  return found.flatMap((grant) => (grant && which(grant) ? [grant.id] : []))
}
