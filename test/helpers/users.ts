// People of a server, made without its pages, and what happens at the worst moment: just before a person's record is changed, or after.
import type { FastifyInstance } from 'fastify'
import { createUsers, type Users } from '../../plugins/accounts/users.ts'

/** Whoever signs in here stays. */
export const lastingUsers = (app: FastifyInstance): Users =>
  createUsers(app, { begin: async () => undefined, forget: async () => {} })

/** @param work is done once, before the next change of any person's record. */
export function beforeNextChange ({ userStore: { records } }: FastifyInstance, work: () => Promise<unknown>): void {
  const { update } = records
  records.update = async (id, decide) => {
    records.update = update
    await work()
    return update(id, decide)
  }
}

/** @param work is done once, after the next change of any person's record, and before anybody knows of it. */
export function afterNextChange ({ userStore: { records } }: FastifyInstance, work: () => Promise<unknown>): void {
  const { update } = records
  records.update = async (id, decide) => {
    records.update = update
    const result = await update(id, decide)
    await work()
    return result
  }
}
