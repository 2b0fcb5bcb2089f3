// The frame of every page of owners: the rooms, and where they are.
// Tested in test/routes/admin/guard.test.ts.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Key } from '../../languages/index.ts'
import type { Paths } from '../../paths.ts'
import type { AdminFrame } from '../../plugins/pages/admin-page-data.ts'

type Room = Extract<keyof Paths, `admin${string}`>

/** In the order in which they are shown. */
const ROOMS: ReadonlyArray<{ room: Room; label: Key }> = [
  { room: 'admin', label: 'admin.title' },
  { room: 'adminConnections', label: 'admin.connections' }
]

/** @param here the room that the page is in. */
export function frameOf (app: FastifyInstance, request: FastifyRequest, here: Room): AdminFrame {
  return {
    rooms: ROOMS.map(({ room, label }) => ({
      label: request.words.text(label),
      href: app.paths[room],
      isHere: room === here
    })),
    token: app.signIn.forms.token(request)
  }
}
