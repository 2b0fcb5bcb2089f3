// The SDK's Streamable HTTP transport with a shorter way for calls of tools, whose answer is nearly always one JSON object.
// The request and its bounds are those of fetch.ts on both ways, and the SDK reads every other answer (MCP "Transports").
import {
  PROTOCOL_VERSION_META_KEY,
  StreamableHTTPClientTransport,
  type JSONRPCMessage,
  type JSONRPCResultResponse,
  type TransportSendOptions
} from '@modelcontextprotocol/client'
import { isObject } from '../../is-object.ts'
import { isNoAnswer } from '../message-bounds.ts'
import type { Fetching } from './fetch.ts'

/** Other names are encoded, by the SDK. */
const PLAIN_NAME = /^(?!=\?)[\x21-\x7e]{1,200}$/

/** Milliseconds for the end of a session. */
const END_MS = 500

export class StreamableTransport extends StreamableHTTPClientTransport {
  readonly #fetching: Fetching
  /** Answers that are there already, for the SDK to read, by the body of their request, which has an id of its own. */
  readonly #answers: Map<unknown, Response>

  constructor (url: URL, fetching: Fetching) {
    const answers = new Map<unknown, Response>()
    super(url, {
      fetch: (input, init) => {
        const answer = answers.get(init?.body)
        return answer ? Promise.resolve(answer) : fetching.fetch(input, init)
      }
    })
    this.#fetching = fetching
    this.#answers = answers
  }

  override async send (message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    const headers = this.#headersOf(message, options)
    if (!headers || !('id' in message)) return await super.send(message, options)
    const body = JSON.stringify(message)
    let answer: Response
    try {
      answer = await this.#fetching.post({ id: message.id!, body, headers, signal: options?.requestSignal })
      if (answer.status === 200 && answer.headers.get('content-type')?.startsWith('application/json')) {
        const json: unknown = await answer.json()
        if (isResult(json) && json.id === message.id) return this.onmessage?.(json)
        // Its body can be read once.
        answer = { ...answer, json: async () => json }
      }
    } catch (error) {
      if (options?.requestSignal?.aborted !== true) this.onerror?.(error as Error)
      throw error
    }
    this.#answers.set(body, answer)
    try {
      await super.send(message, options)
    } finally {
      this.#answers.delete(body)
    }
  }

  /** The upstream is told that its session is over; nobody waits long for its answer (MCP "Session Management"). */
  override async close (): Promise<void> {
    if (this.sessionId !== undefined) {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise((resolve) => { timer = setTimeout(resolve, END_MS) })
      await Promise.race([this.terminateSession().catch(() => {}), late])
      clearTimeout(timer)
    }
    await super.close()
    this.#fetching.end()
  }

  /** @returns what the SDK would write; undefined for a message that is left to it. */
  #headersOf (message: JSONRPCMessage, options: TransportSendOptions | undefined): Record<string, string> | undefined {
    if (!('method' in message) || message.method !== 'tools/call' || options?.resumptionToken !== undefined) return undefined
    const { name, _meta } = message.params ?? {}
    if (typeof name !== 'string' || !PLAIN_NAME.test(name)) return undefined
    const version = _meta?.[PROTOCOL_VERSION_META_KEY]
    const isModern = typeof version === 'string'
    const spoken = isModern ? version : this.protocolVersion
    return {
      ...paramHeaders(options?.headers),
      ...(isModern && { 'mcp-method': message.method, 'mcp-name': name }),
      ...(spoken !== undefined && { 'mcp-protocol-version': spoken }),
      ...(this.sessionId !== undefined && { 'mcp-session-id': this.sessionId }),
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream'
    }
  }
}

/** Of the arguments of the call, and no others (MCP "Custom Headers from Tool Parameters"). */
function paramHeaders (headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  const own: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) if (/^mcp-param-/i.test(name)) own[name.toLowerCase()] = value
  return own
}

/** An answer with a result and nothing besides; who asked checks the result. */
function isResult (json: unknown): json is JSONRPCResultResponse {
  if (!isObject(json) || isNoAnswer(json)) return false
  const { id, result } = json
  return (typeof id === 'number' || typeof id === 'string') && isObject(result)
}
