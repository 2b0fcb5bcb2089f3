// The records of people, for everything in this process that writes or
// reads them: what one part changes, the next request sees. The person
// behind a token is read at every request, so from memory as long as
// storage vouches for it.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config/index.ts'
import type { GrantUser } from '../oauth/grants/contract.ts'
import { after } from '../after.ts'
import { isActive, type User } from '../sign-in/contract.ts'
import { cacheRecords } from '../storage/cached.ts'
import type { Collection, Storage } from '../storage/contract.ts'
import { groupsOf } from './groups.ts'
import { hasIdentityOf } from './identities.ts'
import { isAllowed } from './user-record.ts'

declare module 'fastify' {
  interface FastifyInstance {
    userStore: UserStore
  }
}

/**
 * The person as they are now; no promise where the record is in memory.
 * @param backend by which they gave what is asked about.
 * @returns undefined for one who is locked, expired, gone or not on the allow-list, and where the backend does not lead to them
 * any more. @throws StorageUnavailable
 */
export type CurrentUser = (id: string, backend: string) => GrantUser | undefined | Promise<GrantUser | undefined>

type Described = GrantUser & Required<Pick<GrantUser, 'groups'>>

export interface UserStore {
  /**
   * Its reads come from storage: what ends sessions and tokens depends on
   * the last write.
   */
  records: Collection<User>
  current: CurrentUser
  /** As {@link CurrentUser}, of anyone there is a record of: shared, and frozen. */
  currentRecord(id: string): User | undefined | Promise<User | undefined>
  /** What tools and access rules know of a person. */
  describe(user: User): Described
}

export default fp(
  async function userStore (app: FastifyInstance, { backends, allowedEmails }: Pick<Config, 'backends' | 'allowedEmails'>) {
    const inUse = new Set(backends.map(({ id }) => id))
    app.decorate('userStore', await openUserStore(app.storage, app.now, inUse, allowedEmails))
  },
  { name: 'user-store', dependencies: ['storage'] }
)

/**
 * @param inUse names of the backends that are in AUTH_BACKEND: groups by
 * others do not count.
 */
export async function openUserStore (
  storage: Storage,
  now: Clock,
  inUse: ReadonlySet<string>,
  allowedEmails: readonly string[]
): Promise<UserStore> {
  const stored = storage.collection<User>('user')
  const cached = await cacheRecords<User>(storage, 'user', now)
  // A record in memory is the same object until it changes, and so is its
  // description.
  const described = new WeakMap<User, Described>()

  function describe (user: User): Described {
    const known = described.get(user)
    if (known) return known
    const { id, email, emailVerified, name } = user
    const description = Object.freeze({
      id,
      ...(email !== undefined && { email }),
      ...(emailVerified !== undefined && { emailVerified }),
      ...(name !== undefined && { name }),
      groups: Object.freeze(groupsOf(user, inUse))
    })
    described.set(user, description)
    return description
  }
  const admit = (user: User | undefined, backend: string) =>
    isActive(user, now()) && isAllowed(allowedEmails, user) && hasIdentityOf(user, backend) ? describe(user) : undefined

  return {
    records: { ...cached, find: (id) => stored.find(id) },
    describe,
    currentRecord: cached.findCached,
    current: (id, backend) => after(cached.findCached(id), (user) => admit(user, backend))
  }
}
