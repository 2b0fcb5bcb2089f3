// What instances send each other about a session, so that each of its requests may arrive at any of them.
// Tested in test/plugins/mcp/sessions/instances.test.ts and test/routes/mcp-ends.test.ts.
import type { JSONRPCResponse } from '@modelcontextprotocol/server'
import { z } from 'zod'
import type { EventBus } from '../../event-bus.ts'
import type { Session } from './store.ts'

export type SessionMessage =
  /** The client's answer to a question, for the request that asked it. */
  | { kind: 'answer'; response: JSONRPCResponse }
  | { kind: 'cancelled'; requestId: string | number }
  /** A new stream of changes takes over from those before it. */
  | { kind: 'listening'; stream: string }
  /** All resources that the session is subscribed to from now on. */
  | { kind: 'uris'; uris: string[] }
  | { kind: 'ended' }

export interface SessionMessages {
  publish(session: Pick<Session, 'key'>, message: SessionMessage): void
  /** @returns what unsubscribes. */
  subscribe(session: Pick<Session, 'key'>, listener: (message: SessionMessage) => void): () => void
}

const id = z.union([z.string(), z.number()])

/** What other instances send is held to this. */
const SessionMessageSchema: z.ZodType<SessionMessage> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('answer'),
    response: z.looseObject({
      jsonrpc: z.literal('2.0'),
      id
    }) as unknown as z.ZodType<JSONRPCResponse>
  }),
  z.object({ kind: z.literal('cancelled'), requestId: id }),
  z.object({ kind: z.literal('listening'), stream: z.string() }),
  z.object({ kind: z.literal('uris'), uris: z.array(z.string()) }),
  z.object({ kind: z.literal('ended') })
])

export const createSessionMessages = (bus: EventBus): SessionMessages => ({
  publish: ({ key }, message) => bus.publish(`session ${key}`, message),
  subscribe: ({ key }, listener) => bus.subscribe(`session ${key}`, SessionMessageSchema, listener)
})
