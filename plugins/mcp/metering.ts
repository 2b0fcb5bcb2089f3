// What the endpoint records of its use: each tool call in the quotas and in the audit log, and the first use of each
// connection. Nothing is recorded of a person whose access has ended meanwhile, since they may be deleted.
// Tested in test/plugins/mcp/pipeline.test.ts and test/routes/account/index.test.ts.
import type { FastifyInstance } from 'fastify'
import { ofAccess } from '../observability/audit/index.ts'
import type { Access } from '../oauth/grants/contract.ts'
import { callerOf, type McpRequest } from './contract.ts'
import type { Meter } from './handlers/contract.ts'

type StillAllows = (access: Access) => boolean | Promise<boolean>

export const createMeter = (app: Pick<FastifyInstance, 'usage' | 'audit'>, stillAllows: StillAllows): Meter => ({
  take: (request, tool) => app.usage.take(callerOf(request), request.access, tool),
  called ({ access, requestId }, call) {
    const record = (isAllowed: boolean) => {
      if (access && isAllowed) app.usage.called(access)
      app.audit.note('tool_call', { ...call, ...(access && isAllowed && ofAccess(access)) }, requestId)
    }
    if (access === null) return record(true)
    const allowed = settle(stillAllows, access)
    if (allowed instanceof Promise) allowed.then(record, () => record(true))
    else record(allowed)
  }
})

/** While storage does not answer, nothing says that the access has ended. */
function settle (stillAllows: StillAllows, access: Access): boolean | Promise<boolean> {
  try {
    return stillAllows(access)
  } catch {
    return true
  }
}

/**
 * The first request of an app, and the end of its attempt to connect: the first tools/list or
 * tools/call. No one waits.
 */
export function noteFirstUse (
  app: Pick<FastifyInstance, 'usage' | 'audit'>,
  { access, body, requestId, log }: McpRequest
): void {
  if (!access || Array.isArray(body)) return
  const isUse = body.method.startsWith('tools/')
  // A key comes at the end of no attempt.
  if (!isUse && access.isAccessKey) return
  const isFirst = isUse ? app.usage.isFirstUse(access) : app.usage.isUnused(access)
  isFirst
    .then((first) => {
      if (!first) return
      const details = { ...ofAccess(access), attempt: access.attempt }
      app.audit.note(isUse ? 'connected' : 'first_request', details, requestId)
    })
    .catch((error: unknown) => {
      log.warn({ err: error }, 'the first use could not be recorded')
    })
}
