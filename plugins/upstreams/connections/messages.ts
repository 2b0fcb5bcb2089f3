// What an upstream says, in the words of this server: answers, questions (MCP 2026-07-28 "Multi Round-Trip Requests") and
// log lines.
// Tested in test/plugins/upstreams/upstream.test.ts.
import { CLIENT_CAPABILITIES_META_KEY, LOG_LEVEL_META_KEY, type StandardSchemaV1 } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { isObject } from '../../is-object.ts'
import { UpstreamError, type Answered, type Exchange } from '../contract.ts'
import { hideIn } from '../without-secrets.ts'

/** Characters of a log line. */
const MAX_LINE = 2_000
const MAX_QUESTIONS = 20

/** A question of 2026-07-28 is an answer; the call is sent again with what the person said. */
const questions = z.object({
  inputRequests: z.record(
    z.string().max(200),
    // What a question holds is looked at once it is known to be short.
    z.object({ method: z.literal('elicitation/create'), params: z.custom<Record<string, unknown>>(isObject) })
  ),
  requestState: z.string().optional()
})

/** @throws UpstreamError for questions that are not elicitations: nothing else was offered. */
export function readAnswer (upstream: string, result: Record<string, unknown>): Answered {
  if (result['resultType'] !== 'input_required') return { kind: 'result', result }
  // A state alone has the call sent again.
  const { requestState: given, inputRequests: requests = given === undefined ? undefined : {} } = result
  // Before each of them is looked at.
  const isFew = isObject(requests) && Object.keys(requests).length <= MAX_QUESTIONS
  const asked = isFew ? questions.safeParse({ ...result, inputRequests: requests }) : undefined
  if (!asked?.success) {
    throw new UpstreamError(upstream, 'malformed', 'it asked for something else than a form or a page to open')
  }
  const { inputRequests, requestState = null } = asked.data
  return { kind: 'questions', requests: inputRequests, state: JSON.stringify(requestState) }
}

/**
 * @returns the members of a request that is sent again with answers.
 * @throws UpstreamError for the state of a request that waited in this process: it is gone.
 */
export function retryOf (upstream: string, { state, responses }: NonNullable<Exchange['retry']>): Record<string, unknown> {
  if (isHeldOpen(state)) {
    throw new UpstreamError(upstream, 'ended', 'the request that waited for an answer is no longer open')
  }
  const requestState = JSON.parse(state) as string | null
  return { inputResponses: responses, ...(requestState !== null && { requestState }) }
}

/** Whether a state names a request that is open in some process; that of 2026-07-28 is the upstream's own. */
export const isHeldOpen = (state: string): boolean => !/^(?:null|")/.test(state)

const LEVELS = { debug: 'debug', info: 'info', notice: 'info', warning: 'warning' } as const

/** The levels that this server passes on. */
export const levelOf = (level: string): 'debug' | 'info' | 'warning' | 'error' =>
  LEVELS[level as keyof typeof LEVELS] ?? 'error'

/** @param hidden see `hiddenParts`: what goes to a caller, or into the log, before any of it is cut. */
export const textOf = (data: unknown, hidden: readonly string[]): string =>
  hideIn(typeof data === 'string' ? data : (JSON.stringify(data) ?? ''), hidden, '[secret]', MAX_LINE).slice(0, MAX_LINE)

/** The result is passed on as it is: who called checks it. */
export const AS_IT_IS: StandardSchemaV1<unknown, Record<string, unknown>> = {
  '~standard': { version: 1, vendor: 'mcp-oauth-server', validate: (value) => ({ value: value as Record<string, unknown> }) }
}

/** Of 2026-07-28, each request says what its caller can be asked. */
export function modernMeta ({ capabilities, log }: Exchange, meta: Record<string, unknown>): Record<string, unknown> {
  const { elicitation } = capabilities ?? {}
  return {
    ...meta,
    [CLIENT_CAPABILITIES_META_KEY]: elicitation ? { elicitation } : {},
    ...(log && { [LOG_LEVEL_META_KEY]: 'info' })
  }
}
