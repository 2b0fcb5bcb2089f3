// A client of the MCP endpoint for tests: single messages of either
// era, sessions and streams, each step as a request
// that a test can bend.
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

export const MODERN = '2026-07-28'

/** The body of a request of 2026-07-28. `_meta` of params is added to what every request has. */
export const modernBody = (method: string, { _meta, ...params }: Record<string, any> = {}, capabilities: object = {}) => ({
  jsonrpc: '2.0',
  id: 1,
  method,
  params: {
    ...params,
    _meta: {
      'io.modelcontextprotocol/protocolVersion': MODERN,
      'io.modelcontextprotocol/clientCapabilities': capabilities,
      ..._meta
    }
  }
})

export interface Reply {
  status: number
  headers: Headers
  text: string
  /** The answer: the JSON of the body, or of the last event of a stream. */
  json: any
  /** All messages of a stream; of a plain answer just that one. */
  messages: any[]
}

/** The JSON of each event that has some. */
const eventsOf = (text: string): any[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)))

export interface McpClient {
  post(body: unknown, headers?: Record<string, string>): Promise<Reply>
  /** A request of 2025-11-25 and before. */
  legacy(method: string, params?: object, headers?: Record<string, string>): Promise<Reply>
  /** A request of 2026-07-28. `_meta` of params is added to what every request has. */
  modern(
    method: string,
    params?: Record<string, any>,
    headers?: Record<string, string>,
    capabilities?: object
  ): Promise<Reply>
}

export function mcpClient (url: string, token?: string): McpClient {
  const auth: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const post = async (body: unknown, headers: Record<string, string> = {}): Promise<Reply> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...auth,
        ...headers
      },
      body: JSON.stringify(body)
    })
    const text = await response.text()
    const messages = response.headers.get('content-type')?.startsWith('text/event-stream')
      ? eventsOf(text)
      : text.startsWith('{') || text.startsWith('[')
        ? [JSON.parse(text)]
        : []
    return { status: response.status, headers: response.headers, text, json: messages.at(-1), messages }
  }
  return {
    post,
    legacy: (method, params, headers) => post({ jsonrpc: '2.0', id: 1, method, ...(params && { params }) }, headers),
    modern: (method, params = {}, headers = {}, capabilities = {}) =>
      post(
        modernBody(method, params, capabilities),
        { 'mcp-protocol-version': MODERN, 'mcp-method': method, ...namedBy(method, params), ...headers }
      )
  }
}

function namedBy (method: string, { name, uri }: { name?: string; uri?: string }): Record<string, string> {
  const value = method === 'resources/read' ? uri : ['tools/call', 'prompts/get'].includes(method) ? name : undefined
  return value === undefined ? {} : { 'mcp-name': value }
}

/** A stream of events that stays open: what has come so far, and a way to wait for more. */
export interface Stream {
  status: number
  headers: IncomingMessage['headers']
  messages(): any[]
  /** The ids of all events, also of those without data. */
  ids(): string[]
  /** Waits until `count` messages have come. @throws after five seconds. */
  until(count: number): Promise<any[]>
  ended: Promise<void>
  /** Goes away, as a client does whose connection breaks. */
  leave(): void
}

const agent = new Agent({ keepAlive: false })

export async function openStream (
  url: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: unknown } = {}
): Promise<Stream> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const request = httpRequest(
    url,
    {
      method,
      agent,
      headers: {
        accept: 'application/json, text/event-stream',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers
      }
    },
    resolve
  )
  request.on('error', reject)
  request.end(body === undefined ? undefined : JSON.stringify(body))
  const response = await promise
  let text = ''
  response.on('data', (chunk: Buffer) => {
    text += chunk
  })
  response.on('error', () => {
    /* left */
  })
  const ended = new Promise<void>((resolve) => {
    response.once('close', resolve)
  })
  const messages = () => eventsOf(text)
  return {
    status: response.statusCode!,
    headers: response.headers,
    messages,
    ids: () =>
      text
        .split('\n')
        .filter((line) => line.startsWith('id: '))
        .map((line) => line.slice(4)),
    async until (count) {
      for (let waited = 0; messages().length < count; waited += 10) {
        if (waited > 5_000) throw new Error(`${messages().length} of ${count} messages came:\n${text}`)
        await delay(10)
      }
      return messages()
    },
    ended,
    leave: () => {
      request.destroy()
    }
  }
}
