// `npm test`: all tests, room by room. The files of a room share a process: starting Node, tap and the server again for each of
// them costs more processor time than most of the tests.
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const TESTS = fileURLToPath(new URL('.', import.meta.url))
const ROOM = fileURLToPath(new URL('helpers/room.ts', import.meta.url))
const MAX_ROOM_MS = 900_000
const MAX_JOBS = 4

/**
 * Beginnings of paths: rooms of their own. These tests measure their own process, replace something that is global to it, or set
 * hooks on tap's root.
 */
const APART = [
  'journeys/bounded', 'journeys/log', 'plugins/library/extract', 'plugins/library/index', 'plugins/oauth/clients/public-address',
  'plugins/workers', 'tools/calculate'
]

/** Rooms that install, build, show pages or start many servers, each in so many processes. */
const LONG: Readonly<Record<string, number>> = { packaging: 1, journeys: 3, deploy: 1, 'plugins/pages': 1 }

/** @returns `routes`, `plugins/oauth` or one of those apart. */
function roomOf (file: string): string {
  const apart = APART.find((beginning) => file.startsWith(beginning))
  if (apart !== undefined) return apart
  const [room, inner, ...rest] = file.split('/')
  if (inner === undefined) return 'test'
  return room === 'plugins' && rest.length > 0 ? `${room}/${inner}` : room!
}

// One more than there are processors: a test often waits.
t.jobs = Math.min(availableParallelism() + 1, MAX_JOBS)
const rooms = Object.entries(Object.groupBy(globSync('**/*.test.ts', { cwd: TESTS }).sort(), roomOf))
// What takes long first: what is left at the end is short.
const filesOf = ([room, files]: (typeof rooms)[number]) => Object.hasOwn(LONG, room) ? Number.MAX_SAFE_INTEGER : files!.length
for (const [room, files] of rooms.sort((a, b) => filesOf(b) - filesOf(a))) {
  const processes = Object.values(Object.groupBy(files!, (_, index) => index % (LONG[room] ?? 1)))
  for (const some of processes) {
    const paths = some!.map((file) => TESTS + file)
    // tap in that process would tell this one its own timeout, which is for all rooms together.
    const env = { ...process.env, TAP_TIMEOUT: String(MAX_ROOM_MS / 1_000) }
    t.spawn(process.execPath, [ROOM, ...paths], { buffered: true, timeout: MAX_ROOM_MS, env }, room)
  }
}
