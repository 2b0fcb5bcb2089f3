// The folder of documents as the server sees it: what is indexed, what is left out and why. Owners see all names, whoever
// may search them; a name of what is outside of the folder is nowhere here.
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.ts'
import type { Words } from '../../languages/index.ts'
import { sumOf } from '../../plugins/library/left-out.ts'
import { barWidth } from '../../plugins/pages/charts.ts'
import { frameOf } from './frame.ts'
import { pageOf } from './pager.ts'

const ROWS = 50
const MAX_ENDINGS = 40

export default async function documents (app: FastifyInstance, config: Pick<Config, 'docsDir' | 'embeddings'>) {
  const path = app.paths.adminDocuments

  app.get(path, async (request, reply) => {
    const { words } = request
    const { library } = app
    const [overview, problem] = await Promise.all([library.overview(), library.problem()])
    const counts = library.leftOutCounts()
    const left = { length: sumOf(counts), slice: (from: number, to: number) => library.leftOut(from, to) }
    const { items, pager } = pageOf(request, path, left, ROWS)
    const reasons = [...Map.groupBy(counts, ({ kind }) => kind)]
      .map(([kind, rows]) => ({ kind, count: sumOf(rows) }))
      .sort((one, other) => other.count - one.count)
    return reply.page('admin/documents', {
      ...frameOf(app, request, 'adminDocuments'),
      ...(problem !== undefined && { problem }),
      facts: [
        ...factsOf(app, words, config),
        { label: words.text('admin-server.indexed'), value: words.number(overview.documents) },
        { label: words.text('admin-server.size'), value: sizeOf(words, overview.bytes) },
        { label: words.text('admin-server.leftOut'), value: words.number(left.length) }
      ],
      endings: overview.endings.slice(0, MAX_ENDINGS).map(({ ending, count }) => ({
        ending: ending.startsWith('.') ? ending : words.text('admin-server.noEnding'),
        count: words.number(count),
        bar: barWidth(count, overview.endings[0]!.count)
      })),
      newest: overview.newest.map(({ id, modified }) => ({ id, at: words.minute(modified / 1000), href: pageUrl(app, id) })),
      reasons: reasons.map(({ kind, count }) => ({ kind, count: words.number(count) })),
      leftOut: items.map(({ id, reason }) => ({ id, reason })),
      pager
    })
  })
}

function factsOf ({ library }: FastifyInstance, words: Words, { docsDir, embeddings }: Pick<Config, 'docsDir' | 'embeddings'>) {
  const progress = library.progress()
  const readAt = library.readAt()
  const none = '–'
  return [
    { label: words.text('admin-server.folder'), value: docsDir ?? none },
    {
      label: words.text('admin-server.readAt'),
      value: progress
        ? words.text('admin-server.reading', { done: progress.done, total: progress.total })
        : readAt === undefined ? none : words.minute(readAt / 1000)
    },
    { label: words.text('admin-server.index'), value: library.description },
    { label: words.text('admin-server.embeddings'), value: embeddings?.model ?? words.text('admin-server.off') }
  ]
}

const pageUrl = ({ paths }: FastifyInstance, id: string): string =>
  `${paths.documents}/${id.split('/').map((name) => encodeURIComponent(name.toWellFormed())).join('/')}`

const UNITS = ['kilobyte', 'megabyte', 'gigabyte'] as const

/** @returns such as `12.3 MB`. */
export function sizeOf ({ language }: Words, bytes: number): string {
  const power = Math.min(UNITS.length, Math.max(1, Math.floor(Math.log(Math.max(1, bytes)) / Math.log(1000))))
  const format = new Intl.NumberFormat(language, { style: 'unit', unit: UNITS[power - 1]!, maximumFractionDigits: 1 })
  return format.format(bytes / 1000 ** power)
}
