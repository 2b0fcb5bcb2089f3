// The resources that an upstream lists for one caller, page by
// page (MCP "Resources", "Pagination").
import { isInputRequiredResult, type Resource as Listed } from '@modelcontextprotocol/server'
import { selectInTurns } from '../../in-turns.ts'
import type { Upstream } from '../../upstreams/contract.ts'
import { noSuchPage } from '../handlers/cursor.ts'
import type { Caller } from '../handlers/protocol-errors.ts'
import type { ListPage } from '../handlers/resource-pages.ts'
import type { Relay } from './contract.ts'
import { relayGuarded } from './guarded.ts'
import { beginTurns } from './owners.ts'
import { readListed, readPage } from './results.ts'

/** One that is slow does not keep the others back. */
const MAX_LIST_MS = 5_000
/** Characters; one that is longer ends the list, since ours could not hold it. */
const MAX_CURSOR = 1_000

/**
 * An upstream that fails costs its own part of the list only.
 * @param mayList whether the caller may read a resource.
 */
export function listOf (
  upstream: Upstream,
  caller: Caller,
  relay: Relay,
  mayList: (upstream: string, uri: string) => boolean
): ListPage {
  const { name, timeoutMs } = upstream.settings
  const { request, channel } = caller
  // A list asks nobody.
  const asking = { ...caller, channel: { meta: channel.meta, capabilities: undefined } }
  return async (cursor) => {
    const [from, place] = cursor === undefined ? [name] : split(cursor)
    if (from !== name) throw noSuchPage()
    const asked = {
      upstream: name,
      method: 'resources/list' as const,
      params: place === undefined ? {} : { cursor: place },
      asked: [place],
      timeoutMs: Math.min(timeoutMs, MAX_LIST_MS)
    }
    try {
      const page = await relayGuarded(relay, asked, asking, 'The list of resources', readPage)
      if (isInputRequiredResult(page)) return { resources: [] }
      const { entries, next } = page
      const resources = await selectInTurns(entries, beginTurns(), (entry) => {
        const resource = readListed(entry)
        return resource && mayList(name, resource.uri) ? (resource as Listed) : undefined
      })
      const isCarried = next !== undefined && next.length <= MAX_CURSOR
      return { resources, ...(isCarried && { next: `${name} ${next}` }) }
    } catch (err) {
      if (request.signal.aborted) throw err
      request.log.warn({ err, upstream: name }, 'its resources are left out of a list')
      return { resources: [] }
    }
  }
}

function split (cursor: string): [name: string, place: string] {
  const end = cursor.indexOf(' ')
  return [cursor.slice(0, Math.max(end, 0)), cursor.slice(end + 1)]
}
