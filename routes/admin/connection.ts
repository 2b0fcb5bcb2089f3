// GET /admin/connection: the story of one attempt to connect, what to do about it, and a report to send to whoever helps.
// Tested in test/routes/admin/connections.test.ts.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../../config/index.ts'
import { queryParameters } from '../../plugins/oauth/parameters.ts'
import type { Story } from '../../plugins/observability/stories/contract.ts'
import { describeSteps, reportStory } from '../../plugins/observability/stories/report.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'
import { showAttempt } from './connections.ts'
import { frameOf } from './frame.ts'

type Shown = NonNullable<PageData['admin/connection']['attempt']>

/** Other attempts that are shown with one. */
const MAX_OTHERS = 20

export default async function connection (app: FastifyInstance, { publicUrl }: Pick<Config, 'publicUrl'>) {
  const { paths } = app

  app.get(paths.adminConnection, async (request, reply) => {
    const id = queryParameters(request).get('id')
    const stories = await app.stories.latest()
    const story = stories.find((each) => each.id === id)
    const page = {
      ...frameOf(app, request, 'adminConnections'),
      live: paths.adminConnectionsLive,
      all: paths.adminConnections,
      ...(story && { attempt: await show(story, stories, request) })
    }
    return reply.page('admin/connection', page, story ? 200 : 404)
  })

  async function show (story: Story, stories: readonly Story[], request: FastifyRequest): Promise<Shown> {
    const { words } = request
    const { state } = story
    const showAll = (ids: readonly string[]) => {
      const wanted = new Set(ids.slice(-MAX_OTHERS))
      return Promise.all(stories.filter(({ id }) => wanted.has(id) && id !== story.id).map((each) => showAttempt(app, request, each)))
    }
    return {
      ...(await showAttempt(app, request, story)),
      ...(state.kind !== 'connected' && { advice: { means: words.text(state.means), todo: words.text(state.todo) } }),
      ...(state.kind === 'failed' && { code: state.code }),
      facts: describeFacts(request, story),
      steps: describeSteps(words, story.events, (backend) => words.say(app.signIn.backends.get(backend)?.title ?? backend)).map(
        ({ request: _, at, ...step }) => ({ at: at.slice(11, 19), ...step })
      ),
      others: await showAll(story.isProbe ? story.before : story.tries),
      isUncertain: story.isProbe,
      report: reportStory(story, { name: app.identity.name, url: publicUrl })
    }
  }
}

function describeFacts ({ words }: FastifyRequest, { client, redirect, address, id }: Story): Shown['facts'] {
  const facts = [
    [words.text('connections.client'), client],
    [words.text('connections.redirect'), redirect],
    [words.text('connections.address'), address],
    [words.text('connections.attempt'), id]
  ] as const
  return facts.flatMap(([label, value]) => (value === undefined ? [] : [{ label, value }]))
}
