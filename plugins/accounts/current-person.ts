// The person behind a call as they are now: read at every call, from memory while storage
// vouches for the record.
// Tested in test/plugins/access-keys/index.test.ts.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { GrantUser } from '../oauth/grants/contract.ts'
import type { User } from '../sign-in/contract.ts'
import { cacheRecords } from '../storage/cached.ts'
import type { Collection } from '../storage/contract.ts'

declare module 'fastify' {
  interface FastifyInstance {
    people: People
  }
}

export interface People {
  /** Always read from storage. What is changed through it counts for {@link People.current} at once. */
  records: Collection<User>
  /** Without a promise where the record is in memory. @returns a shared record, frozen. */
  current(id: string): User | undefined | Promise<User | undefined>
}

export default fp(
  async function people (app: FastifyInstance) {
    const { storage, now } = app
    const cached = await cacheRecords<User>(storage, 'user', now)
    const { find } = storage.collection<User>('user')
    const records = { ...cached, find }
    app.decorate('people', { records, current: cached.findCached } satisfies People)
  },
  { name: 'people', dependencies: ['storage'] }
)

/** What a grant and a tool know of a person. */
export const grantUserOf = ({ id, email, emailVerified, name }: User): GrantUser => ({
  id,
  ...(email && { email }),
  ...(emailVerified !== undefined && { emailVerified }),
  ...(name && { name })
})
