// One part of a long list, and the way to its neighbours.
// Tested in test/routes/admin/pager.test.ts.
import type { FastifyRequest } from 'fastify'
import { partOf, type PageOf, type Sliceable } from '../../plugins/administration/bounded-list.ts'
import { queryParameters } from '../../plugins/oauth/parameters.ts'
import type { Pager } from '../../plugins/pages/admin-page-data.ts'

/** @param to the address of another page of the list. */
export const pagerOf = ({ page, pages }: Omit<PageOf<unknown>, 'items'>, to: (page: string) => string): Pager => ({
  page,
  ...(page > 1 && { previous: to(String(page - 1)) }),
  ...(page < pages && { next: to(String(page + 1)) })
})

/**
 * @returns the part that `page` of the query names; the last one where there are not so many.
 */
export function pageOf<T> (
  request: FastifyRequest,
  path: string,
  all: Sliceable<T>,
  size: number
): { items: T[]; pager: Pager } {
  const { items, ...place } = partOf(all, queryParameters(request).get('page'), size)
  return { items, pager: pagerOf(place, (page) => hrefOf(request, path, { page })) }
}

/** The parameters that a page of owners keeps from one view to the next. */
const KEPT = ['range', 'by']

/**
 * The same page with other parameters; the number of the page is kept only where it is given.
 */
export function hrefOf (request: FastifyRequest, path: string, changed: Readonly<Record<string, string>>): string {
  const query = queryParameters(request)
  const kept = KEPT.flatMap((name) => {
    const value = query.get(name)
    return value === undefined || value.length > MAX_VALUE ? [] : [[name, value]]
  })
  return `${path}?${new URLSearchParams({ ...Object.fromEntries(kept), ...changed })}`
}

const MAX_VALUE = 20
