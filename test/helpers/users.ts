// What happens at the worst moment: just before a person's record is changed.
import type { FastifyInstance } from 'fastify'

/** @param work is done once, before the next change of any person's record. */
export function beforeNextChange ({ userStore: { records } }: FastifyInstance, work: () => Promise<unknown>): void {
  const { update } = records
  records.update = async (id, decide) => {
    records.update = update
    await work()
    return update(id, decide)
  }
}
