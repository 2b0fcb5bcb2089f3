// The transport of MCP 2024-11-05, whose one stream brings every answer: it opens in time, and its end is the connection's.
import { SSEClientTransport, type FetchLike } from '@modelcontextprotocol/client'
import type { UpstreamSettings } from '../../../config/upstreams.ts'
import { failure } from './failures.ts'

export class SseTransport extends SSEClientTransport {
  readonly #settings: UpstreamSettings
  readonly #opening: PromiseWithResolvers<never>
  #isClosed = false

  constructor (url: URL, settings: UpstreamSettings, fetch: FetchLike) {
    const opening = Promise.withResolvers<never>()
    // The SDK keeps only the words of what its stream threw.
    const reporting: FetchLike = async (input, init) => {
      try {
        return await fetch(input, init)
      } catch (error) {
        opening.reject(error)
        throw error
      }
    }
    super(url, { fetch: reporting })
    this.#settings = settings
    this.#opening = opening
    opening.promise.catch(() => {
      // Told by start(), or too late for it.
    })
  }

  /** @throws UpstreamError, also if the stream does not say in time where to send messages. */
  override async start (): Promise<void> {
    const { timeoutMs } = this.#settings
    const late = () => this.#opening.reject(failure(this.#settings, 'timeout', `did not open its stream within ${timeoutMs} ms`))
    const timer = setTimeout(late, timeoutMs)
    try {
      await Promise.race([this.#opening.promise, super.start()])
    } catch (error) {
      // It would try again for ever.
      await this.close()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  override async close (): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await super.close()
  }
}
