// What one instance tells the others about a session, so that each of its messages may arrive anywhere.
import type { JSONRPCResponse } from '@modelcontextprotocol/server'
import type { Bus } from '../bus.ts'
import type { Session } from './record.ts'

export type Notice =
  /** The client's answer to a question, for whichever exchange asked it. */
  | { kind: 'answer', response: JSONRPCResponse }
  | { kind: 'cancelled', requestId: unknown }
  /** A new stream of changes takes over from those before it. */
  | { kind: 'listening', stream: string }
  /** The resources it wants to hear of from now on. */
  | { kind: 'uris', uris: string[] }
  | { kind: 'ended' }

export interface Notices {
  tell (session: Pick<Session, 'key'>, notice: Notice): void
  /** @returns ends it. */
  hear (session: Pick<Session, 'key'>, listener: (notice: Notice) => void): () => void
}

export const createNotices = (bus: Bus): Notices => ({
  tell: ({ key }, notice) => bus.publish(`session ${key}`, notice),
  hear: ({ key }, listener) => bus.subscribe(`session ${key}`, (notice) => listener(notice as Notice))
})
