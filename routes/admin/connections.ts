// GET /admin/connections: every attempt to connect of lately, how it stands, and why it failed.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Key, Words } from '../../languages/index.ts'
import { displayName } from '../../plugins/accounts/user-record.ts'
import { toDisplayName } from '../../plugins/display-name.ts'
import { partOf } from '../../plugins/administration/bounded-list.ts'
import { queryParameters } from '../../plugins/oauth/parameters.ts'
import type { Story } from '../../plugins/observability/stories/contract.ts'
import type { ShownAttempt } from '../../plugins/pages/admin-connections-page-data.ts'
import { frameOf } from './frame.ts'

const PAGE = 25

/** Which attempts a choice shows. */
const choices: ReadonlyArray<{ name: string; label: Key; shows(story: Story): boolean }> = [
  { name: 'all', label: 'connections.filter_all', shows: ({ isProbe }) => !isProbe },
  { name: 'failed', label: 'connections.filter_failed', shows: ({ isProbe, state }) => !isProbe && state.kind === 'failed' },
  { name: 'open', label: 'connections.filter_open', shows: ({ isProbe, state: { kind } }) => !isProbe && (kind === 'waiting' || kind === 'stopped') },
  { name: 'connected', label: 'connections.filter_connected', shows: ({ state }) => state.kind === 'connected' },
  { name: 'probes', label: 'connections.filter_probes', shows: ({ isProbe }) => isProbe }
]

export default async function connections (app: FastifyInstance) {
  const { paths } = app

  app.get(paths.adminConnections, async (request, reply) => {
    const { words } = request
    const query = queryParameters(request)
    const choice = choices.find(({ name }) => name === query.get('show')) ?? choices[0]!
    const stories = (await app.stories.latest()).filter(isLastTry)
    const chosen = stories.filter(choice.shows)
    const { items: shown, page, pages } = partOf(chosen, query.get('page'), PAGE)
    const href = (show: string, page = 1) => `${paths.adminConnections}?show=${show}${page === 1 ? '' : `&page=${page}`}`
    const probes = choice.name === 'all' ? stories.filter(({ isProbe }) => isProbe).length : 0
    return reply.page('admin/connections', {
      ...frameOf(app, request, 'adminConnections'),
      live: paths.adminConnectionsLive,
      choices: choices.map(({ name, label }) => ({ label: words.text(label), href: href(name), isHere: name === choice.name })),
      attempts: await Promise.all(
        shown.map(async (story) => ({
          ...(await showAttempt(app, request, story)),
          ...(story.state.kind !== 'connected' && { means: words.text(story.state.means) }),
          tries: story.tries.length
        }))
      ),
      isFiltered: choice.name !== 'all',
      ...(probes > 0 && { probes: { count: probes, href: href('probes') } }),
      ...(page > 1 && { newer: href(choice.name, page - 1) }),
      ...(page < pages && { older: href(choice.name, page + 1) })
    })
  })
}

/** The tries of one app and person are one row. */
const isLastTry = ({ id, tries }: Story): boolean => tries.at(-1) === id

export async function showAttempt (app: FastifyInstance, request: FastifyRequest, story: Story): Promise<ShownAttempt> {
  const { id, begun, clientName, client, user } = story
  const name = toDisplayName(clientName ?? client ?? '', '')
  const person = user === undefined ? undefined : await nameOf(app, user)
  return {
    href: `${app.paths.adminConnection}?id=${encodeURIComponent(id)}`,
    ...(name && { app: name }),
    ...(person !== undefined && { person }),
    begun: request.words.minute(begun),
    state: showState(request.words, story)
  }
}

const TONES = { connected: 'good', failed: 'bad', waiting: '', stopped: 'off' } as const

const showState = (words: Words, { state: { kind } }: Story): ShownAttempt['state'] => ({
  tone: TONES[kind],
  label: words.text(`connections.state_${kind}`)
})

/** The id of somebody whose account is gone. */
async function nameOf (app: FastifyInstance, id: string): Promise<string> {
  const user = await app.signIn.lifecycle.find(id)
  return user ? displayName(user) : id
}
