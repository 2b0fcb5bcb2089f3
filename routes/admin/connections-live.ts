// GET /admin/connections/live: tells the pages about connections that something happened (HTML "Server-sent events"). It
// says nothing else: the page asks for itself again, and so passes the guard.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { openSseConnection, SSE_HEADERS, type SseConnection } from '../../plugins/mcp/streams/sse.ts'

/**
 * Streams of one owner, and of all; beyond it the oldest ends, and its page is reloaded by
 * hand.
 */
export const MAX_LIVE = { ofOwner: 4, inAll: 40 } as const
/** How often it is checked that the owner still is one and is still signed in. */
const CHECK_MS = 1_000

interface Live {
  owner: string
  request: FastifyRequest
  connection: SseConnection
}

export default async function connectionsLive (app: FastifyInstance) {
  /** Oldest first. */
  const open = new Set<Live>()
  const end = (live: Live) => {
    open.delete(live)
    live.connection.end()
  }

  async function isStillOwner ({ request, owner }: Live): Promise<boolean> {
    const visitor = await app.signIn.sessions.current(request)
    return visitor?.user.id === owner && app.administration.isOwner(visitor.user)
  }

  /** Whatever keeps it from being known ends the stream, and no more: nobody waits for this (threat SG-40). */
  const check = async (live: Live): Promise<void> => {
    if (!(await isStillOwner(live).catch(() => false))) end(live)
  }

  const unlisten = app.stories.listen(() => {
    for (const { connection } of open) connection.write('changed')
  })
  const checks = setInterval(() => open.forEach(check), CHECK_MS).unref()
  app.addHook('preClose', async () => {
    unlisten()
    clearInterval(checks)
    open.forEach(end)
  })

  function makeRoom (owner: string): void {
    const [oldest] = open
    const own = [...open].filter((live) => live.owner === owner)
    if (own.length >= MAX_LIVE.ofOwner) end(own[0]!)
    else if (open.size >= MAX_LIVE.inAll) end(oldest!)
  }

  app.get(app.paths.adminConnectionsLive, async (request, reply) => {
    const owner = request.owner!.user.id
    makeRoom(owner)
    const connection = openSseConnection(() => open.delete(live))
    const live: Live = { owner, request, connection }
    open.add(live)
    connection.write('')
    return reply.headers({ ...SSE_HEADERS, 'x-content-type-options': 'nosniff' }).send(connection.readable)
  })
}
