// How the tools are used: how often, by whom, with which apps, how fast, and what failed.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Key, Words } from '../../languages/index.ts'
import type { Kind, Slot, Tally } from '../../plugins/observability/tallies/contract.ts'
import { mergeInTurns, quantile } from '../../plugins/observability/tallies/tally.ts'
import { barWidth } from '../../plugins/pages/charts.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'
import { frameOf } from './frame.ts'
import { callsOf, duration, personOf, timeOf } from './numbers.ts'
import { pageOf } from './pager.ts'
import { chosen, choices, rangeChoices, rangeOf } from './ranges.ts'
import { drawCharts } from './tool-charts.ts'

type Page = PageData['admin/tools']

const ROWS = 50
const KINDS: Readonly<Record<Kind, Key>> = {
  tools: 'admin-server.byTool',
  people: 'admin-server.byPerson',
  apps: 'admin-server.byApp'
}
const HEADS: Readonly<Record<Kind, Key>> = {
  tools: 'admin-server.tool',
  people: 'admin-server.person',
  apps: 'admin-server.app'
}

export default async function tools (app: FastifyInstance) {
  const path = app.paths.adminTools

  app.get(path, async (request, reply) => {
    const { words } = request
    const range = rangeOf(request)
    const kind = chosen(request, 'by', Object.keys(KINDS) as [Kind, ...Kind[]])
    const slots = await app.tallies.read(range)
    const total = await mergeInTurns(slots.map(({ slot }) => slot))
    const sorted = total[kind].toSorted(([, one], [, other]) => other.calls - one.calls)
    const { items, pager } = pageOf(request, path, sorted, ROWS)
    const named = await nameThem(app, request, kind, items, total)
    const most = sorted[0]?.[1].calls ?? 0
    return reply.page('admin/tools', {
      ...frameOf(app, request, 'adminTools'),
      ranges: rangeChoices(request, path, range),
      kinds: choices(request, path, 'by', KINDS, kind),
      charts: total.tools.length === 0 ? [] : drawCharts(words, range, slots),
      times: slots.toReversed().map(({ at, slot }) => ({ at: timeOf(words, range, at), ...numbersOf(words, callsOf(slot)) })),
      kind: words.text(HEADS[kind]),
      rows: items.map(([, tally], index) => ({ ...named[index]!, ...numbersOf(words, tally), bar: barWidth(tally.calls, most) })),
      pager
    })
  })
}

type Numbers = Pick<Page['rows'][number], 'calls' | 'failed' | 'refused' | 'median' | 'slow'>

const numbersOf = (words: Words, { calls, failed, refused, times }: Tally): Numbers => ({
  calls: words.number(calls),
  failed: words.number(failed),
  refused: words.number(refused),
  median: duration(words, quantile(times, 0.5)),
  slow: duration(words, quantile(times, 0.95))
})

/**
 * What a person or an app is called; a person who is gone keeps the id until they are
 * forgotten here.
 */
async function nameThem (
  app: FastifyInstance,
  request: FastifyRequest,
  kind: Kind,
  rows: ReadonlyArray<readonly [id: string, tally: Tally]>,
  { appNames }: Slot
): Promise<Array<{ name: string; href?: string }>> {
  const names = new Map(appNames)
  return await Promise.all(rows.map(async ([id]) => {
    if (id === '') return { name: request.words.text('admin-server.others') }
    if (kind === 'tools') return { name: id }
    return kind === 'apps' ? { name: names.get(id) ?? id } : await personOf(app, id)
  }))
}
