// What one instance tells the others about a session, so that each of its messages may arrive anywhere.
import type { JSONRPCResponse } from '@modelcontextprotocol/server'
import { z } from 'zod'
import type { EventBus } from '../streams/event-bus.ts'
import type { Session } from './store.ts'

export type SessionMessage =
  /** The client's answer to a question, for whichever exchange asked it. */
  | { kind: 'answer'; response: JSONRPCResponse }
  | { kind: 'cancelled'; requestId: unknown }
  /** A new stream of changes takes over from those before it. */
  | { kind: 'listening'; stream: string }
  /** The resources it wants to hear of from now on. */
  | { kind: 'uris'; uris: string[] }
  | { kind: 'ended' }

export interface SessionMessages {
  tell(session: Pick<Session, 'key'>, notice: SessionMessage): void
  /** @returns ends it. */
  hear(session: Pick<Session, 'key'>, listener: (notice: SessionMessage) => void): () => void
}

/** As other instances send them. */
const NoticeMessage: z.ZodType<SessionMessage> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('answer'),
    response: z.looseObject({
      jsonrpc: z.literal('2.0'),
      id: z.union([z.string(), z.number()])
    }) as unknown as z.ZodType<JSONRPCResponse>
  }),
  z.object({ kind: z.literal('cancelled'), requestId: z.unknown() }),
  z.object({ kind: z.literal('listening'), stream: z.string() }),
  z.object({ kind: z.literal('uris'), uris: z.array(z.string()) }),
  z.object({ kind: z.literal('ended') })
])

export const createSessionMessages = (bus: EventBus): SessionMessages => ({
  tell: ({ key }, notice) => bus.publish(`session ${key}`, notice),
  hear: ({ key }, listener) => bus.subscribe(`session ${key}`, NoticeMessage, listener)
})
