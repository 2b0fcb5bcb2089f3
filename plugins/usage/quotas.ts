// How many tool calls a person, a client and a tool may make in a minute and in a day, and what a model is told beyond that.
import type { Clock } from '../../clock.ts'
import type { LimitName, LimitTable } from '../../limit-table.ts'
import type { Access } from '../grants/contract.ts'
import type { Tallies, Tally } from './tallies.ts'

const MINUTE = 60
const DAY = 86_400

interface Window extends Tally { limit: LimitName, seconds: number, whose: string }

export interface Quotas {
  /** Counts the call, or says in words for a model why it does not run. `null` access: a server without sign-in. */
  take (access: Pick<Access, 'user' | 'clientId'> | null, tool: string): string | undefined
}

export function createQuotas (tallies: Pick<Tallies, 'value' | 'add'>, table: LimitTable, now: Clock): Quotas {
  const window = (limit: LimitName, seconds: number, whose: string, id: string): Window => {
    const index = Math.floor(now() / seconds)
    return { limit, seconds, whose, key: `${limit} ${index} ${id}`, endsAt: (index + 1) * seconds, watched: true }
  }
  const both = (limit: 'calls-per-user' | 'calls-per-client' | 'calls-per-tool', whose: string, id: string) =>
    [window(limit, MINUTE, whose, id), window(`${limit}-day`, DAY, whose, id)]

  return {
    take (access, tool) {
      const windows = [
        ...(access ? [...both('calls-per-user', 'one person', access.user.id), ...both('calls-per-client', 'this app', access.clientId)] : []),
        ...both('calls-per-tool', tool, tool)
      ]
      const full = windows.find(({ key, limit }) => tallies.value(key) >= table[limit])
      if (full) return describe(full, table[full.limit], now())
      tallies.add(windows)
      return undefined
    }
  }
}

function describe ({ seconds, whose, endsAt }: Window, most: number, now: number): string {
  const wait = Math.max(1, Math.ceil(endsAt - now))
  const when = wait < 120 ? `${wait} seconds` : wait < 7_200 ? `${Math.ceil(wait / 60)} minutes` : `${Math.ceil(wait / 3_600)} hours`
  return `This call was not made: the limit of ${most} tool calls a ${seconds === MINUTE ? 'minute' : 'day'} for ${whose} is reached. Wait ${when} and call again; meanwhile answer with what you have, or ask for more at once in one call.`
}
