// One part of a long list, and the way to its neighbours.
// Tested in test/routes/admin/pager.test.ts.
import type { FastifyRequest } from 'fastify'
import { queryParameters } from '../../plugins/oauth/parameters.ts'
import type { Pager } from '../../plugins/pages/admin-page-data.ts'

/** Digits: no list has more pages. */
const PAGE = /^[1-9]\d{0,5}$/

/**
 * @returns the part that `page` of the query names; the last one where there are not so many.
 */
export function pageOf<T> (
  request: FastifyRequest,
  path: string,
  items: readonly T[],
  size: number
): { items: T[]; pager: Pager } {
  const query = queryParameters(request)
  const last = Math.max(1, Math.ceil(items.length / size))
  const asked = query.get('page') ?? '1'
  const page = PAGE.test(asked) ? Math.min(Number(asked), last) : 1
  const href = (to: number) => hrefOf(request, path, { page: String(to) })
  return {
    items: items.slice((page - 1) * size, page * size),
    pager: { page, ...(page > 1 && { previous: href(page - 1) }), ...(page < last && { next: href(page + 1) }) }
  }
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
