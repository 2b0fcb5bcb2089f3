// The SDK's server, with two differences: what is wrong with a request is said in a sentence with the right code, and
// the messages of a batch share one budget (JSON-RPC 2.0 §5.1; MCP 2025-03-26 "JSON-RPC batching").
// Its batches are tested in test/plugins/mcp/batch-budget.test.ts.
import {
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type Implementation,
  type JSONRPCRequest,
  type Result,
  type ServerContext,
  type ServerOptions
} from '@modelcontextprotocol/server'
import type { BatchBudget } from '../batch-budget.ts'
import type { McpRequest } from '../contract.ts'
import { hide } from '../handlers/protocol-errors.ts'
import { RelayedError } from '../relay/faults.ts'

type Handler = (request: JSONRPCRequest, context: ServerContext) => Promise<Result>

/** Where the JSON begins that the SDK writes into a message where parameters do not fit their schema, and how it ends. */
const [ISSUES, END_OF_ISSUES] = [/\[\s*\{/, /\}\s*\]$/]
const MAX_ISSUES = 5

type Served = Pick<McpRequest, 'batch' | 'log' | 'requestId' | 'signal'>

export class StrictServer extends Server {
  readonly #request: Served

  /** @param request with the budget that it shares with others, if it is one of a batch. */
  constructor (serverInfo: Implementation, options: ServerOptions, request: Served) {
    super(serverInfo, options)
    this.#request = request
  }

  protected override _wrapHandler (method: string, handler: Handler): Handler {
    const wrapped = super._wrapHandler(method, handler)
    return async (request, context) => {
      const { batch } = this.#request
      try {
        return batch ? await inBatch(batch, method, () => wrapped(request, context)) : await wrapped(request, context)
      } catch (error) {
        throw toProtocolError(error, method, this.#request)
      }
    }
  }
}

async function inBatch (batch: BatchBudget, method: string, run: () => Promise<Result>): Promise<Result> {
  await batch.turn()
  if (batch.isSpent) return refuseInBatch(method, NOT_RUN)
  const result = await run()
  return batch.take(JSON.stringify(result).length) ? result : refuseInBatch(method, TOO_LARGE)
}

/** A tool call gets a result that the model can read; other requests have no such thing. */
function refuseInBatch (method: string, text: string): Result {
  if (method === 'tools/call') return { content: [{ type: 'text', text }], isError: true }
  throw new ProtocolError(ProtocolErrorCode.InternalError, text)
}

const NOT_RUN =
  'This was not run: the results of this batch are too large already. Send it again, in a request of its own.'
const TOO_LARGE =
  'The results of this batch are too large together, so this one is left out. Send it again, in a request of its own. ' +
  'If it changes something, check first whether it was done.'

function toProtocolError (error: unknown, method: string, request: Served): ProtocolError {
  if (error instanceof RelayedError) return error
  const issues = issuesIn(String((error as Error | null)?.message))
  if (issues !== undefined) {
    return new ProtocolError(ProtocolErrorCode.InvalidParams, `Invalid params of ${method}: ${describeIssues(issues)}`)
  }
  if (error instanceof ProtocolError) return error
  return hide(error, request)
}

/** In two passes: one pattern for both would look for the end from each place that may be the beginning. */
function issuesIn (message: string): string | undefined {
  const from = END_OF_ISSUES.test(message) ? message.search(ISSUES) : -1
  return from < 0 ? undefined : message.slice(from)
}

function describeIssues (json: string): string {
  try {
    const issues = JSON.parse(json) as Array<{ path: Array<string | number>; message: string }>
    return issues
      .slice(0, MAX_ISSUES)
      .map(({ path, message }) => `${path.filter((part) => part !== 'params').join('.')}: ${message}`.slice(0, 200))
      .join('; ')
  } catch {
    return 'they do not have the shape that the specification gives them'
  }
}
