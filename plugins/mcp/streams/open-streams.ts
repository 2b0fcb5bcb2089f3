// What is open for clients on this instance: how much one connection and one person may hold, and that each ends soon
// after what allowed it (MCP "Subscriptions"; 2025-11-25 "Listening for Messages from the Server").
import type { Clock } from '../../../clock.ts'
import { checkRegularly, createCheck, createRightsCheck, type End, type StillAllows } from './checks.ts'
import type { Bounds, OpenStream, OpenStreams } from './contract.ts'
import { createHolders } from './holders.ts'

const OLDEST = 'Too much is open: the oldest is closed'

/**
 * @param stillAllows whether what a token allowed is still allowed. It may throw while storage is away.
 * @param rightsKey the same for a caller as long as they may use the same things.
 */
export function createOpenStreams (
  bounds: Bounds,
  now: Clock,
  stillAllows: StillAllows = () => true,
  rightsKey: (access: OpenStream['access']) => string = () => ''
): OpenStreams {
  /** With the time at which each was last known to be allowed; oldest first. */
  const open = new Map<OpenStream, number>()
  const holders = createHolders(bounds)
  const remove = (stream: OpenStream) => {
    open.delete(stream)
    holders.remove(stream)
  }
  const end: End = (stream, reason) => {
    remove(stream)
    stream.end(reason)
  }
  const checkRights = createRightsCheck(rightsKey)
  const stopChecks = checkRegularly(open, createCheck(open, end, now, stillAllows), checkRights, end)

  return {
    hasRoom: (caller) => open.size < bounds.inAll || holders.heldBy(caller) + 1 < holders.largest().size,
    add (stream) {
      open.set(stream, now())
      checkRights(stream)
      for (const oldest of holders.add(stream)) end(oldest, OLDEST)
      while (open.size > bounds.inAll) end(holders.largest().values().next().value!, OLDEST)
    },
    remove,
    close () {
      stopChecks()
      for (const stream of [...open.keys()]) end(stream, 'The server is closing')
    }
  }
}
