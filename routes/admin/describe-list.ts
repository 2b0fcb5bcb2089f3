// What stands below a list of owners: how many there are, and the pages before and after.
// Tested in test/routes/admin/people.test.ts.
import type { Words } from '../../languages/index.ts'
import type { Pager } from '../../plugins/pages/admin-page-data.ts'
import type { BoundedList, PageOf } from '../../plugins/administration/bounded-list.ts'
import { pagerOf } from './pager.ts'

/** The address of a page of ours, with what it is asked. */
export const withQuery = (path: string, query: Record<string, string | undefined>): string => {
  const present = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '')
  return present.length === 0 ? path : `${path}?${new URLSearchParams(present).toString()}`
}

/** @param to the address of another page of the list. */
export function describePages (
  words: Words,
  { found, isCut }: BoundedList<unknown>,
  place: Omit<PageOf<unknown>, 'items'>,
  to: (page: string) => string
): { count: string; pager: Pager } {
  const count = found.length
  return {
    count: words.text(isCut ? 'admin-people.countCut' : 'admin-people.count', { count }),
    pager: pagerOf(place, to)
  }
}
