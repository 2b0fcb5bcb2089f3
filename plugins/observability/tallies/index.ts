// `app.tallies`: counts what the audit log says of tool calls and limits, and writes the sums of hours and days in batches,
// so that a call costs no write of its own. All instances add to the same sums.
// This room owns these sums, their bounds and their end; it hands them to the pages of owners.
import { setImmediate as nextTurn } from 'node:timers/promises'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Clock } from '../../../clock.ts'
import type { Collection, Storage } from '../../storage/contract.ts'
import { createBatchWriter, createOutage } from '../../storage/batch-writer.ts'
import type { AuditEvent } from '../audit/contract.ts'
import { createFindLeavers, type FindLeavers } from '../leavers.ts'
import { ranges, type Slot, type Tallies } from './contract.ts'
import { emptySlot, mergeSlots, withoutPerson } from './tally.ts'
import { createWaiting, recordOf, WIDTHS } from './waiting.ts'

const FLUSH_EVERY_MS = 5_000
const OUTAGE = {
  begins: 'the use of tools cannot be counted in storage: it is counted later',
  ends: 'the use of tools is counted in storage again',
  stops: 'the server stops while the use of tools cannot be counted in storage; the log has it'
}

declare module 'fastify' {
  interface FastifyInstance {
    tallies: Tallies
  }
}

export default fp(
  async function tallies (app: FastifyInstance) {
    const tallies = createTallies(app.storage, app.now, app.log, createFindLeavers(app))
    app.audit.listen((event) => tallies.add(event))
    app.signIn.lifecycle.onDelete((userId, { createdAt }) => tallies.forget(userId, createdAt))
    app.addHook('onClose', () => tallies.close())
    app.decorate('tallies', tallies)
  },
  { name: 'tallies', dependencies: ['audit', 'sign-in'] }
)

export function createTallies (
  storage: Pick<Storage, 'collection'>,
  now: Clock,
  log: FastifyInstance['log'],
  findLeavers: FindLeavers = async () => new Set()
) {
  const records = storage.collection<Slot>('tallies')
  const outage = createOutage(log, OUTAGE)
  const waiting = createWaiting(() => outage.lose(1))

  /** @returns whether it is stored. */
  async function store (id: string, slot: Slot, ttl: number): Promise<boolean> {
    try {
      const left = await withoutLeavers(slot, findLeavers)
      await records.update<void>(id, (found) => ({
        write: { record: mergeSlots([...(found ? [found] : []), left]), ttl },
        result: undefined
      }))
      return true
    } catch (error) {
      outage.begin(error)
      return false
    }
  }

  const { schedule, flush, close } = createBatchWriter(async () => {
    waiting.gather()
    for (let next; (next = waiting.take());) {
      const ttl = next.endsAt - now()
      if (ttl <= 0 || (await store(next.id, next.slot, ttl))) continue
      waiting.put(next.id, next.endsAt, next.slot)
      return schedule()
    }
    outage.end()
  }, FLUSH_EVERY_MS)

  return {
    add (event: AuditEvent): void {
      if (waiting.add(event, now())) schedule()
    },
    async read (range) {
      await flush()
      const { seconds, slots } = ranges[range]
      const first = Math.floor(now() / seconds) - slots + 1
      const found: Awaited<ReturnType<Tallies['read']>> = []
      for (let index = first; index < first + slots; index++) {
        const slot = (await records.find(recordOf(seconds, index).id)) ?? emptySlot()
        found.push({ at: index * seconds, slot })
        // A full one is 400 KB of JSON.
        await nextTurn()
      }
      return found
    },
    async forget (userId, since = 0) {
      waiting.forget(userId)
      for (const seconds of WIDTHS) await forgetStored(records, userId, seconds, since, now())
    },
    flush,
    async close () {
      await close()
      outage.close(waiting.size)
    }
  } satisfies Tallies & Record<string, unknown>
}

async function withoutLeavers (slot: Slot, findLeavers: FindLeavers): Promise<Slot> {
  const named = [...slot.people.map(([id]) => id), ...slot.limits.map(({ user }) => user)]
  return [...(await findLeavers(named))].reduce((left, id) => withoutPerson(left, id) ?? left, slot)
}

async function forgetStored (records: Collection<Slot>, userId: string, seconds: number, since: number, at: number): Promise<void> {
  const first = Math.floor(since / seconds)
  for (let index = Math.floor(at / seconds); index >= first && recordOf(seconds, index).endsAt > at; index--) {
    const { id, endsAt } = recordOf(seconds, index)
    await records.update<void>(id, (found) => {
      const record = found && withoutPerson(found, userId)
      return { ...(record && { write: { record, ttl: endsAt - at } }), result: undefined }
    })
  }
}
