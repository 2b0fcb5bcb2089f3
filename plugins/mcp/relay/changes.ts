// Says what has changed of upstreams to those who may use it
// (MCP "List Changed Notification", "Subscriptions").
import type { Upstream, UpstreamChange, Upstreams } from '../../upstreams/contract.ts'
import type { Change, Offered } from '../streams/change-log.ts'
import type { Owners } from './owners.ts'

/** Things that a change says, and characters of their names, which are stored; of more, everybody is told, and asks again. */
const MAX_NAMES = 100
const MAX_LENGTH = 4_000

const LISTS = ['tools', 'prompts', 'resources'] as const
type List = (typeof LISTS)[number]
/** The JSON of each thing, by its names. */
type Seen = Record<List, ReadonlyMap<string, string>>

/**
 * Compares what upstreams offer with what they offered before.
 * @returns what a change of one is to the streams of clients.
 */
export function createRelayedChanges (upstreams: Upstreams, owners: Owners): (change: UpstreamChange) => Change[] {
  const seen = new Map(upstreams.all.map((upstream) => [upstream.settings.name, look(upstream)]))
  return (change) => {
    const { kind, upstream } = change
    if (kind === 'resource') {
      const { uri, user } = change
      const taken = owners.thingsOf(upstream, uri)
      if (taken === undefined) return []
      const things = [taken.flat()]
      const of = { upstream, kind: 'resources' as const, things }
      return [{ kind: 'resource_updated', uri, of, ...(user !== undefined && { user }) }]
    }
    const found = upstreams.find(upstream)
    const before = seen.get(upstream) ?? NOTHING
    const now = found ? look(found) : NOTHING
    if (found) seen.set(upstream, now)
    else seen.delete(upstream)
    return LISTS.flatMap((list) => {
      const things = compare(before[list], now[list])
      const of: Offered = { upstream, kind: list, things }
      const isFew = things.length <= MAX_NAMES && JSON.stringify(things).length <= MAX_LENGTH
      return things.length === 0 ? [] : [{ kind: `${list}_list_changed` as const, ...(isFew && { of }) }]
    })
  }
}

const NOTHING: Seen = { tools: new Map(), prompts: new Map(), resources: new Map() }

function look ({ catalogue }: Upstream): Seen {
  const { tools, prompts, templates, uris } = catalogue
  const entry = (names: readonly string[], listed: unknown) =>
    [JSON.stringify(names), JSON.stringify(listed)] as const
  return {
    tools: new Map(tools.map(({ name, listed }) => entry([name], listed))),
    prompts: new Map(prompts.map(({ name, listed }) => entry([name], listed))),
    resources: new Map([
      ...templates.map((template) => entry([template.name, template.uriTemplate], template)),
      ...uris.map((uri) => entry([uri], ''))
    ])
  }
}

/** @returns the names of what is new, gone or different. */
function compare (before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): string[][] {
  const all = new Set([...before.keys(), ...now.keys()])
  return [...all]
    .filter((names) => before.get(names) !== now.get(names))
    .map((names) => JSON.parse(names) as string[])
}
