// Times, durations and people as the pages of owners write them.
import type { FastifyInstance } from 'fastify'
import type { Words } from '../../languages/index.ts'
import { ranges, type Range, type Slot, type Tally } from '../../plugins/observability/tallies/contract.ts'
import { sum } from '../../plugins/observability/tallies/tally.ts'
import { withQuery } from './describe-list.ts'

/** Every call is one of a tool. */
export const callsOf = ({ tools }: Pick<Slot, 'tools'>): Tally => sum(tools.map(([, tally]) => tally))

/** When a slot begins: the hour, or the day. */
export const timeOf = (words: Words, range: Range, at: number): string =>
  ranges[range].seconds < 86_400 ? words.minute(at) : words.day(at)

/** @returns milliseconds in words; undefined for no call. */
export const duration = (words: Words, ms: number | undefined): string =>
  ms === undefined ? '–' : words.text('admin-server.ms', { ms })

/** A person who is gone keeps the id until they are forgotten here. */
export async function personOf (app: FastifyInstance, id: string): Promise<{ name: string; href: string }> {
  const person = await app.signIn.lifecycle.find(id)
  return { name: person?.name ?? person?.email ?? id, href: withQuery(app.paths.adminPerson, { person: id }) }
}
