// The doctor's HTTP requests: no redirect is followed, answers have a maximum size, and a failure has its reason in plain
// words.
import { reasonOf, TIMEOUT_MS } from './reasons.ts'

const MAX_BYTES = 2 * 1024 * 1024

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'DELETE'
  headers?: Record<string, string>
  /** Sent as JSON, by POST. */
  json?: unknown
  /** Sent as a form, by POST. */
  form?: Record<string, string>
}

export interface Answer {
  url: string
  status: number
  /** '' for a missing header. */
  header(name: string): string
  /** As a Cookie header would send them back. */
  cookies: string[]
  text: string
  /** The body, where it is a JSON object. */
  json: Record<string, unknown> | undefined
}

/** This address did not answer. The message says why, and what to do. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
  readonly url: string

  constructor (url: string | URL, message: string, options?: ErrorOptions) {
    super(message, options)
    this.url = String(url)
  }
}

/** The doctor's own requests reached a rate limit: nothing more can be checked now. */
export class RateLimited extends NoAnswer {}

/** @throws NoAnswer */
export async function request (url: string | URL, { method, headers = {}, json, form }: RequestOptions = {}): Promise<Answer> {
  const body = json !== undefined ? JSON.stringify(json) : form && new URLSearchParams(form).toString()
  const type = json !== undefined ? 'application/json' : 'application/x-www-form-urlencoded'
  try {
    const response = await fetch(url, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        'user-agent': 'mcp-doctor',
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': type }),
        ...headers
      },
      ...(body !== undefined && { body }),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS)
    })
    if (response.status === 429) {
      throw new RateLimited(url, 'The doctor has sent too many requests. Wait a few minutes, then run it again.')
    }
    const text = await read(response, url)
    return {
      url: String(url),
      status: response.status,
      header: (name) => response.headers.get(name) ?? '',
      cookies: response.headers.getSetCookie().map((line) => line.split(';')[0]!),
      text,
      json: objectOf(text)
    }
  } catch (error) {
    throw error instanceof NoAnswer ? error : new NoAnswer(url, reasonOf(error as Error), { cause: error })
  }
}

async function read (response: Response, url: string | URL): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += (chunk as Uint8Array).length
    if (bytes > MAX_BYTES) throw new NoAnswer(url, `The answer is larger than ${MAX_BYTES} bytes.`)
    text += decoder.decode(chunk as Uint8Array, { stream: true })
  }
  return text
}

/** The object in a JSON text; `undefined` for other text and other values. */
export function objectOf (text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
