// Which limits there are, which were hit, from where and by whom, and what changes them.
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.ts'
import type { Key, Words } from '../../languages/index.ts'
import type { LimitTally } from '../../plugins/observability/tallies/contract.ts'
import { mergeInTurns } from '../../plugins/observability/tallies/tally.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'
import { frameOf } from './frame.ts'
import { callsOf, personOf } from './numbers.ts'
import { pageOf } from './pager.ts'
import { rangeChoices, rangeOf } from './ranges.ts'

type LimitName = keyof NonNullable<Config['rateLimits']>

const ROWS = 50

/** Those of RATE_LIMITS. */
const CHANGEABLE: Readonly<Record<LimitName, Key>> = {
  'sign-in': 'admin-server.limitSignIn',
  'sign-up': 'admin-server.limitSignUp',
  registration: 'admin-server.limitRegistration',
  authorization: 'admin-server.limitAuthorization',
  'token-failure': 'admin-server.limitTokenFailure',
  'messages-per-user': 'admin-server.limitMessages',
  'calls-per-user': 'admin-server.limitCallsPerson',
  'calls-per-user-day': 'admin-server.limitCallsPersonDay',
  'calls-per-client': 'admin-server.limitCallsApp',
  'calls-per-client-day': 'admin-server.limitCallsAppDay',
  'calls-per-tool': 'admin-server.limitCallsTool',
  'calls-per-tool-day': 'admin-server.limitCallsToolDay'
}

const FIXED: Readonly<Record<string, Key>> = {
  refresh: 'admin-server.limitRefresh',
  assertion: 'admin-server.limitAssertion',
  service: 'admin-server.limitService',
  'present-password': 'admin-server.limitPassword'
}

export default async function limits (app: FastifyInstance, { rateLimits }: Pick<Config, 'rateLimits'>) {
  const path = app.paths.adminLimits

  app.get(path, async (request, reply) => {
    const { words } = request
    const range = rangeOf(request)
    const total = await mergeInTurns((await app.tallies.read(range)).map(({ slot }) => slot))
    const { items, pager } = pageOf(request, path, total.limits.toSorted((one, other) => other.lastAt - one.lastAt), ROWS)
    return reply.page('admin/limits', {
      ...frameOf(app, request, 'adminLimits'),
      ranges: rangeChoices(request, path, range),
      isOff: rateLimits === null,
      refusedCalls: callsOf(total).refused,
      toolsUrl: `${app.paths.adminTools}?range=${range}&by=people`,
      limits: describeLimits(words, rateLimits, total.limits),
      hits: await Promise.all(items.map(async ({ limit, address, user, hits, lastAt }) => ({
        limit,
        address: address ?? '–',
        ...(user !== undefined && { person: await personOf(app, user) }),
        hits: words.number(hits),
        lastAt: words.minute(lastAt)
      }))),
      pager
    })
  })
}

function describeLimits (words: Words, table: Config['rateLimits'], hits: readonly LimitTally[]): PageData['admin/limits']['limits'] {
  const byName = Map.groupBy(hits, ({ limit }) => limit)
  return Object.entries({ ...CHANGEABLE, ...FIXED }).map(([name, meaning]) => {
    const own = byName.get(name) ?? []
    return {
      name,
      meaning: words.text(meaning),
      value: allowedOf(words, table, name),
      hits: words.number(own.reduce((sum, { hits }) => sum + hits, 0)),
      lastAt: own.length === 0 ? '–' : words.minute(Math.max(...own.map(({ lastAt }) => lastAt))),
      isHit: own.length > 0
    }
  })
}

function allowedOf (words: Words, table: Config['rateLimits'], name: string): string {
  if (!Object.hasOwn(CHANGEABLE, name)) return words.text('admin-server.fixed')
  return table ? words.number(table[name as LimitName]) : words.text('admin-server.off')
}
