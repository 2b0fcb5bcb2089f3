// Joins the SDK's server of one exchange with its session: messages go out by the exchange's own stream, and answers
// come in from whichever instance received them (MCP 2025-11-25 "Sending Messages to the Server").
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

/** Each exchange numbers its questions from 0, so for the client they get ids that no other exchange has. */
export class SessionTransport implements Transport {
  onmessage?: NonNullable<Transport['onmessage']>
  onclose?: () => void
  onerror?: (error: Error) => void
  readonly #write: (message: JSONRPCMessage) => void
  readonly #asked = new Map<string, RequestId>()
  readonly #shaken = new Map<RequestId, () => void>()

  /** @param write takes what is meant for the client. */
  constructor (write: (message: JSONRPCMessage) => void) {
    this.#write = write
  }

  async start (): Promise<void> {}

  async close (): Promise<void> {
    this.onclose?.()
  }

  /** Has the server answer a message whose answer the client has had long ago. */
  replay (method: string, params: JSONRPCRequest['params']): Promise<void> {
    return new Promise((resolve) => {
      const id = `replayed ${method}`
      this.#shaken.set(id, resolve)
      this.onmessage?.({ jsonrpc: '2.0', id, method, ...(params && { params }) })
    })
  }

  /** An answer of the client, perhaps to another exchange. */
  answer (response: JSONRPCResponse): void {
    const id = this.#asked.get(String(response.id))
    if (id === undefined) return
    this.#asked.delete(String(response.id))
    this.onmessage?.({ ...response, id } as JSONRPCMessage)
  }

  async send (message: JSONRPCMessage): Promise<void> {
    if (isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message)) {
      const shaken = this.#shaken.get(message.id!)
      if (!shaken) return this.#write(message)
      this.#shaken.delete(message.id!)
      return shaken()
    }
    if (isJSONRPCRequest(message)) {
      const id = randomUUID()
      this.#asked.set(id, message.id)
      return this.#write({ ...message, id })
    }
    if (isJSONRPCNotification(message) && message.method === 'notifications/cancelled') {
      const [id] = [...this.#asked].find(([, asked]) => asked === message.params?.['requestId']) ?? []
      if (id !== undefined) this.#write({ ...message, params: { ...message.params, requestId: id } })
      return
    }
    this.#write(message)
  }
}
