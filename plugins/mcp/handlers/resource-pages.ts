// One list of resources that consists of several, page by page (MCP "Pagination"). One that is slow does not hold up the others.
import type { Resource as Listed } from '@modelcontextprotocol/server'
import { readCursor, writeCursor, type CursorPosition } from './cursor.ts'

/** One page of one list. */
export interface Page {
  resources: Listed[]
  next?: string | undefined
}
export type ListPage = (cursor: string | undefined) => Promise<Page>

/** Entries after which a page begins no further list. */
const PAGE_SIZE = 50
/** Milliseconds after which those that come next are asked as well, so that several that hang cost the time of one. */
const SLOW_MS = 500

/**
 * @param cursor of the page before.
 * @throws ProtocolError -32602 for a cursor that is none of this server's; what a list throws.
 */
export async function listPage (lists: readonly ListPage[], cursor: string | undefined) {
  const found: Listed[] = []
  const begin = askingAhead(lists)
  let next: CursorPosition | undefined = cursor === undefined ? { list: 0 } : readCursor(cursor, lists.length)
  // Short lists share a page: many clients read only the first.
  while (next && found.length < PAGE_SIZE) {
    const { list, cursor }: CursorPosition = next
    const page = await begin(list, cursor)
    found.push(...page.resources)
    next = list + 1 < lists.length ? { list: list + 1 } : undefined
    if (page.next === undefined) continue
    next = { list, cursor: page.next }
    break
  }
  return { resources: found, ...(next && { nextCursor: writeCursor(next) }) }
}

function askingAhead (lists: readonly ListPage[]): (list: number, cursor: string | undefined) => Promise<Page> {
  const ahead = new Map<number, Promise<Page>>()
  const askAfter = (list: number) => {
    for (let other = list + 1; other < lists.length; other++) {
      if (ahead.has(other)) continue
      const page = lists[other]!(undefined)
      // Of those that are not needed nobody sees a failure.
      page.catch(() => {})
      ahead.set(other, page)
    }
  }
  return async (list, cursor) => {
    const slow = setTimeout(askAfter, SLOW_MS, list)
    try {
      return await (ahead.get(list) ?? lists[list]!(cursor))
    } finally {
      clearTimeout(slow)
    }
  }
}
