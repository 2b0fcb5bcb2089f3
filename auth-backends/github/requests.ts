// One request to GitHub, bounded in time and size, and its faults in words for the operator: never with the text of an
// answer, which may repeat what was sent.
// Tested in test/auth-backends/github/index.test.ts.
import { readAnswer } from '../../authoring/read-answer.ts'
import { BackendUnavailable, type OutageReason } from '../contract.ts'

const MAX_ANSWER_BYTES = 1024 * 1024

export interface Answer {
  status: number
  /** Parsed JSON; `undefined` for none. */
  body: unknown
}

export interface Requests {
  /** @throws BackendUnavailable without an answer that can be read, and for one that says to come back later. */
  ask(url: string, init: RequestInit): Promise<Answer>
  unavailable(says: string, reason: OutageReason): BackendUnavailable
}

export function createRequests (host: string, timeoutMs: number): Requests {
  const unavailable = (says: string, reason: OutageReason) => new BackendUnavailable(`GitHub at ${host} ${says}`, { reason })

  async function send (url: string, init: RequestInit): Promise<{ response: Response; text: string | undefined }> {
    try {
      const headers = { accept: 'application/json', 'user-agent': 'mcp-oauth-server', ...init.headers }
      const response = await fetch(url, { ...init, headers, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
      return { response, text: await readAnswer(response, MAX_ANSWER_BYTES) }
    } catch (error) {
      const { name, cause } = error as { name: string; cause?: { code?: unknown } }
      if (name === 'TimeoutError') throw unavailable('did not answer in time', 'slow')
      const code = typeof cause?.code === 'string' ? ` (${cause.code})` : ''
      throw unavailable(`could not be reached${code}`, 'unreachable')
    }
  }

  return {
    unavailable,
    async ask (url, init) {
      const { response: { status, headers }, text } = await send(url, init)
      const isNamed = headers.get('x-ratelimit-remaining') === '0' || headers.has('retry-after')
      // Taken for a list that may not be seen, it would be an organization that the person has left.
      const isLimit = status === 403 && (isNamed || /rate limit/i.test(text ?? ''))
      if (status === 429 || isLimit) throw unavailable('has had too many requests of this server for now', 'busy')
      if (status >= 500) throw unavailable(`answered HTTP ${status}`, 'unreachable')
      try {
        return { status, body: text === '' ? undefined : JSON.parse(text ?? '') }
      } catch {
        throw unavailable(`gave an answer that cannot be read (HTTP ${status})`, 'unreadable')
      }
    }
  }
}
