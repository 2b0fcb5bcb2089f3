// `app.stories`: the attempts to connect of lately, and word of each change to them, on every instance.
// Tested in test/routes/admin/connections.test.ts.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { assembleStories, isStep } from './assemble.ts'
import type { Story } from './contract.ts'
import { createShared } from './shared.ts'

/** Events are written after half a second; several changes are told as one. */
const TELL_AFTER_MS = 700
/** Readers of this instance share what was built, until they are told of a change. */
const SHARED_MS = 1_000
const TOPIC = 'stories'

declare module 'fastify' {
  interface FastifyInstance {
    stories: Stories
  }
}

export interface Stories {
  /**
   * Those that began last first, from a bounded number of events, as they were within the last second. All readers share
   * them.
   */
  latest(): Promise<readonly Story[]>
  /**
   * Calls the listener soon after something happened to any of them.
   * @returns what stops that.
   */
  listen(listener: () => void): () => void
}

export default fp(
  async function stories (app: FastifyInstance) {
    let waiting: NodeJS.Timeout | undefined
    app.audit.listen(({ event }) => {
      if (waiting !== undefined || !isStep(event)) return
      waiting = setTimeout(() => {
        waiting = undefined
        app.bus.publish(TOPIC, {})
      }, TELL_AFTER_MS).unref()
    })
    app.addHook('onClose', async () => clearTimeout(waiting))
    const shared = createShared(async () => assembleStories(await app.audit.latest(), app.now()), SHARED_MS)
    // Before any listener, who looks again at once.
    app.bus.subscribe(TOPIC, z.object({}), shared.forget)
    app.decorate('stories', {
      latest: shared.get,
      listen: (listener) => app.bus.subscribe(TOPIC, z.object({}), listener)
    } satisfies Stories)
  },
  { name: 'stories', dependencies: ['audit', 'event-bus'] }
)
