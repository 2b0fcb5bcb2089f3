// Sends spans to an OpenTelemetry collector in batches (OTLP over HTTP, as JSON): in the background, and never more of
// them than are bounded here.
import type { FastifyBaseLogger } from 'fastify'
import type { Config } from '../../config/index.ts'
import * as server from '../../version.ts'
import { toAttributes } from './spans.ts'

/** As OpenTelemetry's own: of more, the newest are left out. */
const MAX_WAITING = 2048
const MAX_BATCH = 512
const EVERY_MS = 5_000
const TIMEOUT_MS = 10_000
/** How long the end of the process waits for a collector that does not answer. */
const SHUTDOWN_MS = 2_000
/** OTLP "Failures": the same batch is sent again. */
const TEMPORARY = new Set([429, 502, 503, 504])

export interface SpanExporter {
  add(span: object): void
  /** Sends what waits. */
  close(): Promise<void>
}

export function createSpanExporter (
  { endpoint, headers, serviceName }: NonNullable<Config['otlp']>,
  log: Pick<FastifyBaseLogger, 'warn'>
): SpanExporter {
  const waiting: object[] = []
  const facts = { 'service.name': serviceName, 'service.version': server.version }
  const resource = { attributes: toAttributes(facts) }
  const scope = { name: server.name, version: server.version }
  const closing = new AbortController()
  let sending: Promise<void> | undefined
  let isFailing = false

  /** @throws where the batch may be sent again. */
  async function post (spans: object[]): Promise<void> {
    const response = await fetch(`${endpoint}/v1/traces`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({
        resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }]
      }),
      redirect: 'error',
      signal: AbortSignal.any([closing.signal, AbortSignal.timeout(TIMEOUT_MS)])
    })
    await response.body?.cancel()
    if (TEMPORARY.has(response.status)) throw new Error(`the collector answered ${response.status}`)
    if (!response.ok) warn(`the collector refused them with ${response.status}`)
    else isFailing = false
  }

  /** One line for a collector that is away, however long it is. */
  function warn (reason: string): void {
    if (!isFailing) log.warn(`traces could not be sent to OTEL_EXPORTER_OTLP_ENDPOINT: ${reason}`)
    isFailing = true
  }

  async function sendAll (): Promise<void> {
    try {
      while (waiting.length > 0) {
        const batch = waiting.slice(0, MAX_BATCH)
        await post(batch)
        waiting.splice(0, batch.length)
      }
    } catch (error) {
      const { cause, message } = error as Error
      warn(cause instanceof Error ? cause.message : message)
    }
  }

  const flush = (): Promise<void> => (sending ??= sendAll().finally(() => { sending = undefined }))
  const timer = setInterval(flush, EVERY_MS).unref()
  return {
    add (span) {
      if (waiting.length < MAX_WAITING) waiting.push(span)
      if (waiting.length === MAX_BATCH) flush()
    },
    async close () {
      clearInterval(timer)
      const end = setTimeout(() => closing.abort(new Error('the server ended')), SHUTDOWN_MS)
      await flush()
      clearTimeout(end)
    }
  }
}
