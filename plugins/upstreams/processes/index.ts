// The processes of upstreams. This room owns what one process is: how it is started, with which environment, spoken to
// over its standard input and output, logged, bounded and ended with all that it has started, also after this server was
// killed. It hands out transports for the client of the SDK; when one is opened, reused or ended is decided by its caller.
import type { FastifyBaseLogger } from 'fastify'
import type { UpstreamSettings } from '../../../config/upstreams.ts'
import { UpstreamError, type UpstreamCaller } from '../contract.ts'
import { createSharedBudget, type SharedBudget } from '../shared-budget.ts'
import { describeCaller } from './launch.ts'
import { ProcessTransport, type ProcessBounds } from './transport.ts'
import { createWatchdog } from './watchdog.ts'

export type { ProcessTransport } from './transport.ts'

/** With the pause after SIGKILL, all are gone within four seconds. */
const DEFAULTS: ProcessBounds & CountBounds = {
  maxMessageBytes: 4_194_304,
  maxUnreadBytes: 4_194_304,
  maxStrayLines: 100,
  graceMs: 1_500,
  maxProcesses: 100,
  maxPerPerson: 10
}

/** Processes that are still ending beside as many as may run. */
const MAX_ENDING = 10

interface CountBounds {
  maxProcesses: number
  maxPerPerson: number
}

export interface ProcessesOptions {
  log: FastifyBaseLogger
  /** PATH and HOME of this server: all that a process gets besides what the file says. */
  environment: Readonly<Record<string, string>>
  bounds?: Partial<ProcessBounds & CountBounds>
  /** That ends processes after this server was killed. */
  shell?: string
}

export interface Processes {
  /**
   * A connection to a new process of this upstream, which starts with `start()` and ends with `close()`.
   * @param settings of a command.
   * @param caller whose process it is; `undefined` for one that everybody shares.
   */
  open(settings: UpstreamSettings, caller: UpstreamCaller | undefined): ProcessTransport
  /** Ends all processes, and allows no more. Resolves when they and all that they have started are gone. */
  close(): Promise<void>
  /** Processes that run, or are still ending. */
  readonly count: number
}

export function createProcesses ({ log, environment, bounds, shell }: ProcessesOptions): Processes {
  const limits = { ...DEFAULTS, ...bounds }
  const watchdog = createWatchdog(log, shell)
  const open = new Map<ProcessTransport, string | undefined>()
  const said = new Map<string, SharedBudget>()
  let isClosing = false

  const enter = (transport: ProcessTransport, upstream: string, person: string | undefined): void => {
    const refuse = (message: string) => { throw new UpstreamError(upstream, 'busy', message, { wasSent: false }) }
    if (isClosing) refuse('this server is closing')
    if (open.size >= limits.maxProcesses && !endIdlest()) {
      refuse(`as many processes of upstreams run as may (${limits.maxProcesses})`)
    }
    const own = person === undefined ? 0 : [...open.values()].filter((other) => other === person).length
    if (own >= limits.maxPerPerson) refuse(`the person has as many processes as one may have (${limits.maxPerPerson})`)
    open.set(transport, person)
  }

  /**
   * One that nobody uses makes room for one that somebody needs, so that those who came first do not keep all others out.
   * @returns whether there was one. While it ends there are two.
   */
  function endIdlest (): boolean {
    const ending = [...open.keys()].filter(({ isClosed }) => isClosed).length
    const [idlest] = [...open.keys()].filter(({ isIdle }) => isIdle).sort((one, other) => one.usedAt - other.usedAt)
    if (!idlest || ending >= MAX_ENDING) return false
    idlest.close().catch(() => {})
    return true
  }

  return {
    open (settings, caller) {
      const { name, target } = settings
      if (target.kind !== 'command') throw new TypeError(`${name} has no command`)
      let group: number | undefined
      const shared = said.get(name) ?? createSharedBudget()
      said.set(name, shared)
      const transport = new ProcessTransport(settings, target, {
        log: log.child({ upstream: name }),
        bounds: limits,
        said: shared,
        env: { ...environment, ...target.env, ...(caller && describeCaller(caller)) },
        enter: () => enter(transport, name, caller?.id),
        started (id) {
          group = id
          watchdog.add(id)
        },
        left () {
          open.delete(transport)
          if (group !== undefined) watchdog.remove(group)
        }
      })
      return transport
    },
    async close () {
      isClosing = true
      await Promise.all([...open.keys()].map((transport) => transport.close()))
      watchdog.close()
    },
    get count () {
      return open.size
    }
  }
}
