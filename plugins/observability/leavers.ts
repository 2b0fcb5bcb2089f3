// What waits here to be written of people whom another process has deleted meanwhile: another instance, or a command of the
// operator. It is not written, since nobody would delete it any more (threat MW-03).
// Tested in test/plugins/observability/leavers.test.ts.
import type { FastifyInstance } from 'fastify'

/** @returns those of the ids that are of people of whom there is no record. @throws StorageUnavailable */
export type FindLeavers = (ids: Iterable<string | undefined>) => Promise<ReadonlySet<string>>

/** As users.ts makes them. A service has another, and is in no record. */
const PERSON = /^[\w-]{22}$/

export const createFindLeavers =
  (app: Pick<FastifyInstance, 'hasDecorator' | 'userStore'>): FindLeavers =>
    async (ids) => {
      const people = [...new Set(ids)].filter((id) => id !== undefined && PERSON.test(id)) as string[]
      // Without sign-in there are none.
      if (people.length === 0 || !app.hasDecorator('userStore')) return new Set()
      const found = await Promise.all(people.map((id) => app.userStore.records.find(id)))
      return new Set(people.filter((_, index) => found[index] === undefined))
    }
