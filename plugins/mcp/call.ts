// Runs one tool for one caller: checks the arguments, keeps the time, checks the result, and words every failure for a model (MCP "Tools", error handling).
import type { CallToolResult } from '@modelcontextprotocol/server'
import type { ZodError } from 'zod'
import { ToolError, type ToolContext } from '../../tools/define-tool.ts'
import type { Library } from '../library/contract.ts'
import type { Notes } from '../notes/index.ts'
import type { CallableTool } from './catalogue.ts'
import { StorageUnavailable } from '../storage/contract.ts'
import type { Workers } from '../workers.ts'
import type { Exchange } from './contract.ts'

/** What a tool gets from the house; what is somebody's own is handed out for the caller alone. */
export interface House {
  library: Pick<Library, 'of'>
  notes: Pick<Notes, 'of'>
  workers: Workers
  /** Milliseconds a tool may run. */
  deadline: number
  meter: Meter
}

/** Who counts the calls. */
export interface Meter {
  /** Counts a call, or says in words for a model why it may not be made now. */
  take (exchange: Exchange, tool: string): string | undefined
  /** Told when it is over. */
  called (exchange: Exchange, call: { tool: string, outcome: 'ok' | 'refused' | 'failed', ms: number }): void
}

/** Enough to mend a call; a long list would only fill the model's memory. */
const MOST_ISSUES = 8
const LONGEST_ISSUE = 200

/** Never throws: whatever goes wrong inside is a result with `isError`. Every call is counted and goes into the audit log. */
export async function callTool (callable: CallableTool, args: unknown, exchange: Exchange, house: House): Promise<CallToolResult> {
  const begun = performance.now()
  const overQuota = house.meter.take(exchange, callable.tool.name)
  const result = overQuota === undefined ? await run(callable, args, exchange, house) : failure(overQuota)
  house.meter.called(exchange, {
    tool: callable.tool.name,
    outcome: overQuota !== undefined ? 'refused' : result.isError ? 'failed' : 'ok',
    ms: Math.round(performance.now() - begun)
  })
  return result
}

async function run (callable: CallableTool, args: unknown, exchange: Exchange, house: House): Promise<CallToolResult> {
  const { tool } = callable
  const log = exchange.log.child({ tool: tool.name })
  try {
    const parsed = await callable.input.safeParseAsync(args ?? {})
    if (!parsed.success) return failure(`The arguments of ${tool.name} are not right.\n${describe(parsed.error)}\n${callable.usage} Correct them and call it again.`)
    const outcome = await runInTime(callable, parsed.data, exchange, house, log)
    if (outcome === DEADLINE) {
      log.warn({ deadline: house.deadline }, 'tool stopped at its deadline')
      return failure(`${tool.name} did not finish within ${house.deadline / 1000} seconds and was stopped. Ask for less at once, or try again later.`)
    }
    const result = await tool.output.safeParseAsync(outcome)
    if (!result.success) throw new Error('the result does not match the output schema', { cause: result.error })
    // The same JSON as text, for clients and models that read only content.
    return { content: [{ type: 'text', text: JSON.stringify(result.data) }], structuredContent: result.data }
  } catch (error) {
    if (error instanceof ToolError) return failure(error.message)
    if (error instanceof StorageUnavailable) {
      log.warn({ err: error }, 'storage unavailable')
      return failure(`${tool.name} could not reach the storage of this server. Try again in a few seconds.`)
    }
    if (exchange.signal.aborted) return failure('The client went away.')
    log.error({ err: error }, 'tool failed')
    return failure(`${tool.name} failed because of a fault in this server, not because of its arguments. Whoever runs the server finds it in the log as ${exchange.requestId}.`)
  }
}

const DEADLINE = Symbol('deadline')

/** The tool's result, or {@link DEADLINE}. A tool that does not heed its signal is left behind. Throws when the client goes away. */
async function runInTime ({ tool }: CallableTool, args: Record<string, unknown>, { access, signal }: Exchange, house: House, log: ToolContext['log']): Promise<unknown> {
  const stop = new AbortController()
  const { promise: stopped, resolve, reject } = Promise.withResolvers<typeof DEADLINE>()
  const timer = setTimeout(() => {
    resolve(DEADLINE)
    stop.abort(new DOMException('The time for this call is up', 'TimeoutError'))
  }, house.deadline)
  const leave = () => {
    reject(signal.reason)
    stop.abort(signal.reason)
  }
  signal.addEventListener('abort', leave, { once: true })
  try {
    signal.throwIfAborted()
    const user = access && access.user
    const context: ToolContext = {
      user,
      library: house.library.of(user),
      notes: house.notes.of(user),
      signal: stop.signal,
      work: (task, input) => house.workers.run(task, input, { deadline: house.deadline, signal: stop.signal }),
      log: { info: (message) => log.info(message), warn: (message) => log.warn(message) }
    }
    return await Promise.race([stopped, tool.run(args, context)])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', leave)
  }
}

const failure = (text: string): CallToolResult => ({ content: [{ type: 'text', text }], isError: true })

function describe (error: ZodError): string {
  const lines = error.issues.slice(0, MOST_ISSUES).map(({ path, message }) =>
    `- ${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`.slice(0, LONGEST_ISSUE))
  const more = error.issues.length - lines.length
  return [...lines, ...(more > 0 ? [`- and ${more} more`] : [])].join('\n')
}
