// What the SDK's transports are given as an answer: the members of a Response that they read, bounded in bytes and depth.
import type { IncomingMessage } from 'node:http'
import type { RequestId } from '@modelcontextprotocol/client'
import type { UpstreamSettings } from '../../../config/upstreams.ts'
import { createOwnTurns } from '../../in-turns.ts'
import { isObject } from '../../is-object.ts'
import { exceeded } from '../../json-size.ts'
import { isAsked, isExcessive, isTooLong, MESSAGE_BOUNDS } from '../message-bounds.ts'
import type { UpstreamError } from '../contract.ts'
import { OVERHEAD_BYTES } from './events.ts'
import { failure } from './failures.ts'
import type { LargeAnswers, Place } from './large-answers.ts'

/** Of one JSON body, or one event: to parse it and to write it again takes some 20 ms, and ten times the memory, for each megabyte. */
export const MAX_ANSWER_BYTES = 4 * 1024 * 1024
/** A larger body has a turn of the event loop for itself. */
const OWN_TURN_BYTES = 64 * 1024
/** Of a refusal, enough for its words; of what else is read as text, nobody needs any of it. */
const MAX_TEXT_BYTES = 64 * 1024

type Named = Pick<UpstreamSettings, 'name' | 'secrets'>

export interface AnswerBody {
  /** Taken for the upstream's own. */
  contentType?: string
  stream?: ReadableStream<Uint8Array>
  json?: unknown
  /** Of the request; `undefined` for one that is not answered. */
  id?: RequestId | undefined
  /** Without it, all are read at once. */
  large?: LargeAnswers
  /** Milliseconds for all of it, where nobody who waits has a limit of their own. */
  maxMs?: number | undefined
}

/** A Response as far as the SDK's transports read one: building a real one costs more than the request. */
export function toResponse (answer: IncomingMessage, settings: Named, url: URL, body: AnswerBody = {}): Response {
  const status = answer.statusCode!
  const ok = status >= 200 && status < 300
  const header = (name: string): string | null => {
    if (name === 'content-type' && body.contentType !== undefined) return body.contentType
    const value = answer.headers[name.toLowerCase()]
    return Array.isArray(value) ? value.join(', ') : (value ?? null)
  }
  const readJson = async () => {
    const place = body.large?.(answer)
    try {
      const bytes = await readBytes(answer, settings, MAX_ANSWER_BYTES, { ...body, place })
      if (bytes.length > OWN_TURN_BYTES) await ownTurn()
      return parse(settings, bytes)
    } finally {
      place?.leave()
    }
  }
  const text = () => readBytes(answer, settings, MAX_TEXT_BYTES, body).then(String)
  const check = (message: unknown) => {
    const messages = [message].flat()
    if (messages.some((one) => answersAnother(one, body.id))) throw failure(settings, 'malformed', 'its answer is for another request')
    // Nothing comes after this body, and the SDK would drop what is in it.
    if (body.id !== undefined && !messages.some((one) => isAnswerTo(one, body.id))) throw noAnswer(settings)
    return message
  }
  const response = {
    status,
    ok,
    statusText: answer.statusMessage ?? '',
    url: url.href,
    redirected: false,
    type: 'basic',
    headers: { get: header, has: (name: string) => header(name) !== null },
    body: body.stream ?? null,
    text,
    json: async () => 'json' in body ? body.json : check(await readJson())
  }
  return response as unknown as Response
}

/** What many have waited for may come at once: everybody else has a turn between two of them. */
const ownTurn = createOwnTurns()

/** Whether a message answers another request than the one that it came for: that may be somebody else's. */
export function answersAnother (message: unknown, id: RequestId | undefined): boolean {
  return id !== undefined && isObject(message) && !isAsked(message) && (message['id'] ?? id) !== id
}

/** Whether a message is meant as the answer to this request; it may be none that the SDK knows, see `isNoAnswer`. */
export const isAnswerTo = (message: unknown, id: RequestId | undefined): boolean =>
  isObject(message) && message['id'] === id && !isAsked(message)

/** @throws UpstreamError malformed: too large, too deep, or not JSON. */
export function parse (settings: Named, bytes: Buffer): unknown {
  const excess = exceeded(bytes, MESSAGE_BOUNDS)
  if (excess === 'depth') throw failure(settings, 'malformed', 'its answer is nested too deep')
  const tooMany = () => failure(settings, 'malformed', 'its answer has too many members')
  if (excess) throw tooMany()
  let message: unknown
  try {
    message = JSON.parse(bytes.toString())
  } catch {
    throw failure(settings, 'malformed', 'its answer is not JSON')
  }
  if (isTooLong(message, bytes.length)) throw failure(settings, 'malformed', 'its first answer is too long')
  if (isExcessive(message)) throw tooMany()
  return message
}

export const noAnswer = (settings: Named): UpstreamError => failure(settings, 'malformed', 'its answer is not MCP')

export const tooLarge = (settings: Named, maxBytes = MAX_ANSWER_BYTES): UpstreamError =>
  failure(settings, 'malformed', `its answer has more than ${maxBytes / 1024} KB`)

export const brokenAnswer = (settings: Named, cause?: unknown): UpstreamError =>
  failure(settings, 'ended', 'closed the connection while it answered', { cause })

function readBytes (
  answer: IncomingMessage,
  settings: Named,
  maxBytes: number,
  { place, maxMs }: { place?: Place | undefined; maxMs?: number | undefined }
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const late = () => {
      reject(failure(settings, 'timeout', `did not end its answer within ${maxMs} ms`))
      answer.destroy()
    }
    const timer = maxMs === undefined ? undefined : setTimeout(late, maxMs)
    let size = Number(answer.headers['content-length'] ?? 0) > maxBytes ? Infinity : 0
    const grow = (bytes: number) => {
      size += bytes
      if (size <= maxBytes) return true
      reject(tooLarge(settings, maxBytes))
      answer.destroy()
      return false
    }
    if (!grow(0)) return clearTimeout(timer)
    answer.on('data', (chunk: Buffer) => {
      if (!grow(chunk.length + OVERHEAD_BYTES)) return
      chunks.push(chunk)
      place?.grew(size)
    })
    answer.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    answer.on('error', (cause) => reject(brokenAnswer(settings, cause)))
    answer.on('close', () => {
      clearTimeout(timer)
      if (!answer.readableEnded) reject(brokenAnswer(settings))
    })
  })
}
