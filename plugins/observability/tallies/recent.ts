// The calls and limits of the last moments, counted as they come: what a call costs here is a few additions.
// Tested in test/plugins/observability/tallies/tally.test.ts.
import type { AuditEvent } from '../audit/contract.ts'
import { MAX_NAMES, type Kind, type LimitTally, type Slot, type Tally } from './contract.ts'
import { addCall, emptyTally } from './tally.ts'

export interface Recent {
  /** @param at seconds since the epoch. @returns whether the event is one that is counted. */
  add(event: AuditEvent, at: number): boolean
  /** Whether it holds as much as one slot may have. */
  readonly isFull: boolean
  /** Takes what was counted; undefined if nothing was. */
  take(): Slot | undefined
  forget(userId: string): void
}

export function createRecent (): Recent {
  const counted: Readonly<Record<Kind, Map<string, Tally>>> = { tools: new Map(), people: new Map(), apps: new Map() }
  const appNames = new Map<string, string>()
  let limits: LimitTally[] = []

  function count (kind: Kind, id: string | undefined, event: AuditEvent): void {
    if (id === undefined) return
    let tally = counted[kind].get(id)
    if (tally === undefined) counted[kind].set(id, (tally = emptyTally()))
    addCall(tally, event)
  }

  function addLimit ({ address, user, reason = '' }: AuditEvent, at: number): void {
    limits.push({ limit: reason, hits: 1, lastAt: at, ...(address !== undefined && { address }), ...(user !== undefined && { user }) })
  }

  return {
    add (event, at) {
      if (event.event === 'limit') addLimit(event, at)
      else if (event.event !== 'tool_call') return false
      else {
        count('tools', event.tool ?? '', event)
        count('people', event.user, event)
        count('apps', event.client, event)
        if (event.client !== undefined && event.clientName !== undefined) appNames.set(event.client, event.clientName)
      }
      return true
    },
    get isFull () {
      const { tools, people, apps } = counted
      const isBelow = tools.size < MAX_NAMES.tools && people.size < MAX_NAMES.people && apps.size < MAX_NAMES.apps
      return !isBelow || limits.length >= MAX_NAMES.limits
    },
    take () {
      if (counted.tools.size === 0 && limits.length === 0) return undefined
      const { tools, people, apps } = counted
      const slot = { tools: [...tools], people: [...people], apps: [...apps], limits, appNames: [...appNames] }
      for (const each of [tools, people, apps, appNames]) each.clear()
      limits = []
      return slot
    },
    forget (userId) {
      counted.people.delete(userId)
      limits = limits.filter(({ user }) => user !== userId)
    }
  }
}
