// Connects the SDK's server of one request with its session: messages go out on the request's own stream, and answers
// come in from the instance that received them (MCP 2025-11-25 "Sending Messages to the Server").
// Tested in test/plugins/mcp/sessions/request.test.ts.
import { randomUUID } from 'node:crypto'
import {
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResultResponse,
  type JSONRPCMessage,
  type JSONRPCRequest,
  type JSONRPCResponse,
  type RequestId,
  type Transport
} from '@modelcontextprotocol/server'

/** The SDK numbers the questions of each server from 0, so the client sees ids that no other request has. */
export class SessionTransport implements Transport {
  onmessage?: NonNullable<Transport['onmessage']>
  onclose?: () => void
  onerror?: (error: Error) => void
  readonly #write: (message: JSONRPCMessage) => void
  /** The SDK's ids of the open questions, by the ids that the client sees. */
  readonly #questions = new Map<string, RequestId>()
  /** What waits for the answers to {@link SessionTransport.replay}. */
  readonly #replays = new Map<RequestId, () => void>()

  /** @param write takes what is meant for the client. */
  constructor (write: (message: JSONRPCMessage) => void) {
    this.#write = write
  }

  async start (): Promise<void> {}

  async close (): Promise<void> {
    this.onclose?.()
  }

  /** Sends the server a message of the session's start again. The client has its answer already. */
  replay (method: string, params: JSONRPCRequest['params']): Promise<void> {
    return new Promise((resolve) => {
      const id = `replayed ${method}`
      this.#replays.set(id, resolve)
      this.onmessage?.({ jsonrpc: '2.0', id, method, ...(params && { params }) })
    })
  }

  /** Takes an answer of the client, which may belong to another request. */
  answer (response: JSONRPCResponse): void {
    const id = this.#questions.get(String(response.id))
    if (id === undefined) return
    this.#questions.delete(String(response.id))
    this.onmessage?.({ ...response, id } as JSONRPCMessage)
  }

  async send (message: JSONRPCMessage): Promise<void> {
    if (isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message)) {
      const replayed = this.#replays.get(message.id!)
      if (!replayed) return this.#write(message)
      this.#replays.delete(message.id!)
      return replayed()
    }
    if (isJSONRPCRequest(message)) {
      const id = randomUUID()
      this.#questions.set(id, message.id)
      return this.#write({ ...message, id })
    }
    if (isJSONRPCNotification(message) && message.method === 'notifications/cancelled') {
      const [id] = [...this.#questions].find(([, question]) => question === message.params?.['requestId']) ?? []
      if (id !== undefined) this.#write({ ...message, params: { ...message.params, requestId: id } })
      return
    }
    this.#write(message)
  }
}
