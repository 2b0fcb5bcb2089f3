// The SDK's server, but for what it says when the parameters of a request are wrong or something fails inside: a
// sentence, and the right code (JSON-RPC 2.0 §5.1).
import {
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type JSONRPCRequest,
  type Result,
  type ServerContext
} from '@modelcontextprotocol/server'

type Handler = (request: JSONRPCRequest, context: ServerContext) => Promise<Result>

/** The list of faults that the SDK writes into a message where parameters do not fit their schema. */
const FAULTS = /\[\s*\{[\s\S]*\}\s*\]$/
const MAX_FAULTS = 5

export class StrictServer extends Server {
  protected override _wrapHandler (method: string, handler: Handler): Handler {
    const wrapped = super._wrapHandler(method, handler)
    return async (request, context) => {
      try {
        return await wrapped(request, context)
      } catch (error) {
        throw readable(error, method, (hidden) => this.onerror?.(hidden))
      }
    }
  }
}

/** @param hide told of an error whose words are not for the client. */
function readable (error: unknown, method: string, hide: (error: Error) => void): ProtocolError {
  const faults = FAULTS.exec((error as Error).message)?.[0]
  if (faults !== undefined) { return new ProtocolError(ProtocolErrorCode.InvalidParams, `Invalid params of ${method}: ${describe(faults)}`) }
  if (error instanceof ProtocolError) return error
  hide(error as Error)
  return new ProtocolError(ProtocolErrorCode.InternalError, 'Internal error: try again in a few seconds')
}

function describe (faults: string): string {
  try {
    const list = JSON.parse(faults) as Array<{ path: Array<string | number>; message: string }>
    return list
      .slice(0, MAX_FAULTS)
      .map(({ path, message }) => `${path.filter((part) => part !== 'params').join('.')}: ${message}`.slice(0, 200))
      .join('; ')
  } catch {
    return 'they do not have the shape that the specification gives them'
  }
}
