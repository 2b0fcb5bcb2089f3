// Requests that are open at an upstream while a person is asked: how many there may be, in all and of one holder.
// Tested in test/plugins/upstreams/connections/connection.test.ts.
import { MAX_SOCKETS } from '../http/index.ts'
import type { Answered, Exchange } from '../contract.ts'
import type { Conversation } from './conversation.ts'

/** Of all connections to an upstream, by what the caller brings back. */
export type Waiting = Map<string, Held>

interface Held {
  conversation: Conversation
  /** Over which it goes on. */
  connection: { listen(conversation: Conversation, exchange: Exchange): Promise<Answered> }
}

/** Over HTTP each holds a socket: half of these are left for what people answer, and for everybody else. */
const MAX_WAITING = { process: 100, http: MAX_SOCKETS / 2 }
/** Once half of them wait, a holder has one. */
const MAX_WAITING_OF_HOLDER = 5

/** Whether there is room for one more. @param holder see {@link Conversation.holder}. */
export function mayWait (waiting: Waiting, holder: string, kind: keyof typeof MAX_WAITING): boolean {
  const most = MAX_WAITING[kind]
  const own = [...waiting.values()].filter(({ conversation }) => conversation.holder === holder)
  return waiting.size < most && own.length < (waiting.size < most / 2 ? MAX_WAITING_OF_HOLDER : 1)
}
