// The frame of every page of owners: the rooms, and where they are.
// Tested in test/routes/admin/guard.test.ts.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Key } from '../../languages/index.ts'
import type { Paths } from '../../paths.ts'
import type { AdminFrame } from '../../plugins/pages/admin-page-data.ts'

type Room = Extract<keyof Paths, `admin${string}`>

/** In the order in which they are shown. */
const ROOMS: ReadonlyArray<{ room: Room; label: Key }> = [
  { room: 'admin', label: 'admin.overview' },
  { room: 'adminPeople', label: 'admin.people' },
  { room: 'adminInvitations', label: 'admin.invitations' },
  { room: 'adminApps', label: 'admin.apps' },
  { room: 'adminKeys', label: 'admin.keys' },
  { room: 'adminUpstreams', label: 'admin.upstreams' },
  { room: 'adminTools', label: 'admin.tools' },
  { room: 'adminDocuments', label: 'admin.documents' },
  { room: 'adminLimits', label: 'admin.limits' },
  { room: 'adminServer', label: 'admin.server' }
]

/** @param here the room that the page is in. */
export function frameOf (app: FastifyInstance, request: FastifyRequest, here: Room): AdminFrame {
  return {
    rooms: ROOMS.map(({ room, label }) => ({
      label: request.words.text(label),
      href: app.paths[room],
      isHere: room === here
    })),
    ...(!request.owner!.hasFactor && app.secondFactors.policy !== 'off' && { setUpFactor: app.paths.accountFactors }),
    token: app.signIn.forms.token(request)
  }
}
