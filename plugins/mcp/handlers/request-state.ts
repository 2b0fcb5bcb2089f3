// The sealed state that joins the round trips of a call with questions, so that it can continue at any instance.
import { createHash } from 'node:crypto'
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'
import { z } from 'zod'
import type { Clock } from '../../../clock.ts'
import type { Sealing } from '../../secrets.ts'

/**
 * Leaves the answers of earlier round trips with the client, sealed: no one can read or change them, and no other call
 * can use them.
 */
export interface RequestStateCodec {
  seal(answers: Readonly<Record<string, unknown>>, call: string): string
  /** @throws ProtocolError -32602 for a state of another call, one that was altered, or one older than an hour. */
  open(state: string, call: string): Record<string, unknown>
}

const PURPOSE = 'mcp request state'
/** People leave a form open. */
const LIFETIME_SECONDS = 3_600

export function createRequestStateCodec (sealing: Sealing, now: Clock): RequestStateCodec {
  const content = z.object({ call: z.string(), until: z.number(), answers: z.record(z.string(), z.unknown()) })
  return {
    seal: (answers, call) =>
      sealing.seal(PURPOSE, Buffer.from(JSON.stringify({ call, until: now() + LIFETIME_SECONDS, answers }))),
    open (state, call) {
      const opened = typeof state === 'string' ? sealing.unseal(PURPOSE, state) : undefined
      const {
        call: of,
        until,
        answers
      } = opened ? content.parse(JSON.parse(opened.toString())) : { call: undefined, until: 0, answers: {} }
      if (of !== call || until < now()) {
        throw new ProtocolError(
          ProtocolErrorCode.InvalidParams,
          'Invalid or expired requestState: start the call again without it',
          { reason: 'invalid_request_state' }
        )
      }
      return answers
    }
  }
}

/** Names one call of one person. The order of members does not matter. */
export function callId (user: string | undefined, method: string, params: unknown): string {
  const sorted = JSON.stringify([user, method, params], (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value
  )
  return createHash('sha256').update(sorted).digest('base64url')
}
