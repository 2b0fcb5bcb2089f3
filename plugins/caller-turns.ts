// What one caller sends begins in turns of the event loop with what all others send: each message may take a tenth of a second,
// and hundreds that become complete in one moment would be worked on in one turn, in which nobody else is served (threat BW-32).
// Tested in test/plugins/caller-turns.test.ts and test/plugins/mcp/one-moment.test.ts.
import { AsyncResource } from 'node:async_hooks'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { networkOf, siteOf } from './client-address.ts'

/** Milliseconds after which no more of a caller begins in a turn: until then, as many as there are. */
const MAX_TURN_MS = 5
/** Looked at in one turn, of a caller who has that many waiting. */
const MAX_BEGUN = 16

/** Nobody reads the answer. */
class ClientGone extends Error {
  override readonly name = 'ClientGone'
  readonly statusCode = 499

  constructor () {
    super('the client has gone before its turn came')
  }
}

/** That part of a request which says whether somebody waits for the answer. */
export interface Sent {
  raw: { socket: { destroyed: boolean } }
}

export interface CallerTurns {
  /**
   * Does the work at once, or in a later turn where this caller has had their time in this one; in the order of the calls.
   * @param request whose work it is. Connections are bounded, but who sends and goes at once has ever more that wait, each with
   * a body: the work is given an error where the client has gone while it waited (threat OW-43).
   */
  begin(caller: string, work: (gone?: Error) => void, request?: Sent): void
  /** Resolves in a later turn, in which this caller has time left. */
  next(caller: string): Promise<void>
}

interface Caller {
  /** When the first of this turn began; NaN where none has. */
  since: number
  /** One has just begun, and what it does is not seen yet: what came in one packet begins in one go. */
  isStarting: boolean
  waiting: Array<() => void>
}

const settle = (caller: Caller): void => {
  caller.isStarting = false
}

export function createCallerTurns (now = () => performance.now()): CallerTurns {
  /** Those who have begun something in this turn, or have something waiting. */
  const callers = new Map<string, Caller>()
  let isDue = false
  /** Whose work is being called: what it begins itself is a part of it. */
  let running: Caller | undefined

  function schedule (): void {
    if (isDue) return
    isDue = true
    setImmediate(beginTurn)
  }

  function beginTurn (): void {
    isDue = false
    for (const [name, caller] of callers) {
      if (caller.waiting.length === 0) callers.delete(name)
      caller.since = NaN
      // Each on its own, since what it does in its microtasks counts as well.
      for (let begun = Math.min(MAX_BEGUN, caller.waiting.length); begun > 0; begun--) setImmediate(beginNext, caller)
    }
    if (callers.size > 0) schedule()
  }

  const mayBegin = ({ since, isStarting }: Caller) => !isStarting && (Number.isNaN(since) || now() - since < MAX_TURN_MS)

  function beginNext (caller: Caller): void {
    const work = mayBegin(caller) ? caller.waiting.shift() : undefined
    if (work) run(caller, work)
  }

  function run (caller: Caller, work: () => void): void {
    if (Number.isNaN(caller.since)) caller.since = now()
    caller.isStarting = true
    process.nextTick(settle, caller)
    running = caller
    try {
      work()
    } finally {
      running = undefined
    }
  }

  function callerOf (name: string): Caller {
    const known = callers.get(name)
    if (known) return known
    const caller: Caller = { since: NaN, isStarting: false, waiting: [] }
    callers.set(name, caller)
    schedule()
    return caller
  }

  return {
    begin (name, work, request) {
      const caller = callerOf(name)
      if (caller === running) work()
      else if (caller.waiting.length === 0 && mayBegin(caller)) run(caller, work)
      // It goes on as what it was: a part of this request, for traces as well.
      else caller.waiting.push(AsyncResource.bind(() => work(request?.raw.socket.destroyed ? new ClientGone() : undefined)))
    },
    next: (name) => new Promise((resolve) => callerOf(name).waiting.push(resolve))
  }
}

declare module 'fastify' {
  interface FastifyInstance {
    callerTurns: CallerTurns
  }
}

/** A person, by their token; of all others those of one site are one. */
export const turnTakerOf = (request: FastifyRequest): string =>
  request.access ? request.access.user.id : `site ${siteOf(networkOf(request))}`

/** Of every route: before its handler runs, when the body is here. */
export default fp(
  async function callerTurns (app: FastifyInstance) {
    const turns = createCallerTurns()
    app.decorate('callerTurns', turns)
    app.addHook('preHandler', (request, _reply, done) => turns.begin(turnTakerOf(request), done, request))
  },
  { name: 'caller-turns' }
)
