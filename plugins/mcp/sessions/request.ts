// One request of a session: run by an SDK server that is given what the session knows, answered on a stream if it may
// take a while, and able to ask the client back on that stream.
import { ProtocolErrorCode, type JSONRPCMessage, type JSONRPCRequest, type McpServerFactory, type Server } from '@modelcontextprotocol/server'
import type { Rights } from '../../access-rules/contract.ts'
import { callerOf, type MayGoOn, type McpResponse, type McpRequest } from '../contract.ts'
import { INTERNAL_ERROR, JsonRpcError } from '../json-rpc-error.ts'
import { knowsEmptyEvents } from '../protocol-versions.ts'
import type { SessionState } from '../sdk/contract.ts'
import { authInfo } from '../sdk/server.ts'
import type { OpenStream, OpenStreams } from '../streams/contract.ts'
import { openSseConnection, SSE_HEADERS, type SseConnection } from '../streams/sse.ts'
import type { ResumableStream } from './resumable-stream.ts'
import type { ResumableStreams } from './resumable-streams.ts'
import type { SessionMessage, SessionMessages } from './messages.ts'
import type { Session, SessionStore } from './store.ts'
import { SessionTransport } from './transport.ts'

/** What each request of a session works with. */
export interface SessionDeps {
  factory: McpServerFactory
  records: SessionStore
  streams: ResumableStreams
  messages: SessionMessages
  /** The requests that are not answered yet, on this instance. */
  open: OpenStreams
  /** What a caller may use now. */
  rightsOf(access: McpRequest['access']): Rights
  mayGoOn: MayGoOn
  log: { warn(details: object, message: string): void }
}

/** Requests of sessions that are not answered yet, on an instance: nearly all of them wait for a person's answer. */
export const REQUEST_BOUNDS = { perGrant: 50, perPerson: 100, inAll: 5_000 }
/** Those that can ask questions, or take long enough to report progress. */
const STREAMED = new Set(['tools/call', 'prompts/get', 'resources/read'])

/**
 * Runs a request to its end, also when the client disconnects: it may come back for the answer.
 * @throws JsonRpcError 503 when too much is open here.
 */
export async function runInSession (
  session: Session,
  mcpRequest: McpRequest,
  message: JSONRPCRequest,
  deps: SessionDeps
): Promise<McpResponse> {
  if (!deps.open.hasRoom(mcpRequest)) {
    throw new JsonRpcError(503, INTERNAL_ERROR, 'Too many requests are open: try again later', {
      id: message.id,
      headers: { 'retry-after': '60' }
    })
  }
  return new SessionRequest(session, mcpRequest, message, deps).run()
}

class SessionRequest implements OpenStream {
  readonly access: McpRequest['access']
  readonly address: McpRequest['address']
  readonly until = Infinity
  readonly #session: Session
  readonly #request: McpRequest
  readonly #message: JSONRPCRequest
  readonly #deps: SessionDeps
  readonly #stop = new AbortController()
  readonly #transport = new SessionTransport((message) => this.#sendToClient(message))
  /** Settles with the answer, or with undefined when the request is canceled first. */
  readonly #answer = Promise.withResolvers<JSONRPCMessage | undefined>()
  #connection: SseConnection | undefined
  #stream: ResumableStream | undefined

  constructor (session: Session, request: McpRequest, message: JSONRPCRequest, deps: SessionDeps) {
    this.access = request.access
    this.address = request.address
    this.#session = session
    this.#request = request
    this.#message = message
    this.#deps = deps
  }

  /** @returns at once where the answer goes out on a stream, else when it is there. */
  async run (): Promise<McpResponse> {
    const server = await this.#createServer()
    this.#openStream()
    const unsubscribe = this.#deps.messages.subscribe(this.#session, (message) => this.#onSessionMessage(message))
    this.#deps.open.add(this)
    this.#request.large?.keep()
    const finished = this.#answer.promise.then((answer) => {
      this.#request.large?.done()
      unsubscribe()
      this.#deps.open.remove(this)
      return this.#finish(server, answer)
    })
    await server.connect(this.#transport)
    await this.#replaySession()
    this.#transport.onmessage?.(this.#message)
    if (this.#connection) {
      finished.catch((err: unknown) => this.#deps.log.warn({ err }, 'a request of a session did not end well'))
      return {
        status: 200,
        headers: SSE_HEADERS,
        body: this.#connection.readable,
        onClose: (isSent) => this.#stream?.connectionClosed(isSent)
      }
    }
    const answer = await finished
    return answer === undefined
      ? { status: 202, headers: {}, body: undefined }
      : { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer) }
  }

  /** Ends it with an error, since what allowed it has ended or there is no room for it. */
  end (reason: string): void {
    this.#refuse({ code: INTERNAL_ERROR, message: `The request was stopped: ${reason}` })
  }

  /** What is not there any more is answered as what never was. */
  onRightsChange (): void {
    const { method, params = {} } = this.#message
    if (this.#deps.mayGoOn(this.#message, this.access)) return
    const isCompletion = method === 'completion/complete'
    const { name, uri, type } = (isCompletion ? Object(params['ref']) : params) as Record<string, unknown>
    const asked = name ?? uri
    const what = isCompletion ? String(type).replace('ref/', '') : method.split('/')[0]!.slice(0, -1)
    const named = JSON.stringify(typeof asked === 'string' ? asked.slice(0, 64) : '')
    const message = `There is no ${what} named ${named} any more: refresh the list`
    this.#refuse({ code: ProtocolErrorCode.InvalidParams, message })
  }

  #refuse (error: { code: number; message: string }): void {
    const refusal: JSONRPCMessage = { jsonrpc: '2.0', id: this.#message.id, error }
    this.#stream?.append(refusal)
    this.#answer.resolve(refusal)
    this.#cancel()
  }

  async #createServer (): Promise<Server> {
    const { access, log } = this.#request
    const { rightsOf } = this.#deps
    // `log` is a getter of the request's class, which spreading does not copy. A call goes on when its question is
    // answered, which may take minutes: what its caller may use then counts.
    const request: McpRequest = {
      ...this.#request,
      log,
      signal: this.#stop.signal,
      get rights () {
        return rightsOf(access)
      }
    }
    const state = stateOf(this.#session, this.#deps)
    return (await this.#deps.factory({ era: 'legacy', authInfo: authInfo(request, state) })) as Server
  }

  #openStream (): void {
    if (!STREAMED.has(this.#message.method) || !this.#request.acceptsEvents) return
    const { key, record } = this.#session
    this.#connection = openSseConnection(() => {})
    const priming = knowsEmptyEvents(record.version)
    this.#stream = this.#deps.streams.open(key, callerOf(this.#request), this.#connection, priming)
  }

  /** The server is new, so it is given what the client sent at the start of the session. */
  async #replaySession (): Promise<void> {
    const { initialize, level } = this.#session.record
    await this.#transport.replay('initialize', initialize as JSONRPCRequest['params'])
    if (level !== undefined) await this.#transport.replay('logging/setLevel', { level })
  }

  #sendToClient (message: JSONRPCMessage): void {
    if (this.#stop.signal.aborted) return
    this.#stream?.append(message)
    if ('id' in message && message.id === this.#message.id && !('method' in message)) this.#answer.resolve(message)
  }

  #onSessionMessage (message: SessionMessage): void {
    if (message.kind === 'answer') this.#transport.answer(message.response)
    else if (message.kind === 'ended') this.#cancel()
    else if (message.kind === 'cancelled' && message.requestId === this.#message.id) this.#cancel()
  }

  #cancel (): void {
    this.#stop.abort(new DOMException('The client canceled the request', 'AbortError'))
    this.#answer.resolve(undefined)
  }

  async #finish (server: Server, answer: JSONRPCMessage | undefined): Promise<JSONRPCMessage | undefined> {
    const { method, params } = this.#message
    if (answer && 'result' in answer && method === 'logging/setLevel') {
      await this.#deps.records.setLevel(this.#session, String(params?.['level']))
    }
    this.#stream?.end()
    await server.close()
    return answer
  }
}

function stateOf (session: Session, { records, messages }: SessionDeps): SessionState {
  const set = async (uri: string, isWanted: boolean) =>
    messages.publish(session, { kind: 'uris', uris: await records.setUri(session, uri, isWanted) })
  return {
    logs: session.record.level !== undefined,
    subscribe: (uri) => set(uri, true),
    unsubscribe: (uri) => set(uri, false)
  }
}
