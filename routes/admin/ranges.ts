// Which time the pages of use and limits are about, and the choice among them.
import type { FastifyRequest } from 'fastify'
import type { Key } from '../../languages/index.ts'
import { ranges, type Range } from '../../plugins/observability/tallies/contract.ts'
import { queryParameters } from '../../plugins/oauth/parameters.ts'
import type { Choice } from '../../plugins/pages/admin-server-page-data.ts'
import { hrefOf } from './pager.ts'

const LABELS: Readonly<Record<Range, Key>> = {
  day: 'admin-server.day',
  week: 'admin-server.week',
  month: 'admin-server.month'
}

/** @returns one of the values; the first where the query names none of them. */
export function chosen<T extends string> (request: FastifyRequest, name: string, values: readonly [T, ...T[]]): T {
  const asked = queryParameters(request).get(name)
  return values.find((value) => value === asked) ?? values[0]
}

export const rangeOf = (request: FastifyRequest): Range => chosen(request, 'range', Object.keys(ranges) as [Range, ...Range[]])

export const choices = <T extends string>(
  request: FastifyRequest,
  path: string,
  name: string,
  labels: Readonly<Record<T, Key>>,
  here: T
): Choice[] =>
    (Object.keys(labels) as T[]).map((value) => ({
      label: request.words.text(labels[value]),
      href: hrefOf(request, path, { [name]: value }),
      isHere: value === here
    }))

export const rangeChoices = (request: FastifyRequest, path: string, here: Range): Choice[] =>
  choices(request, path, 'range', LABELS, here)
