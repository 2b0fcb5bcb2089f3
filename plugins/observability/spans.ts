// Spans as OpenTelemetry collectors take them (OTLP 1.x, JSON), and the trace that a caller names (W3C Trace Context
// §3.2, §3.3).
import { randomBytes } from 'node:crypto'

/** What a caller may send about its trace: headers, or `_meta` (MCP 2026-07-28 "_meta"). */
export type Carrier = Readonly<Record<string, unknown>>

/** A place in a trace: below it, further spans are opened. */
export interface Place {
  readonly traceId: string
  readonly spanId: string
  /** Of a trace that its owner does not record, nothing is sent. */
  readonly isSampled: boolean
  readonly state?: string
}

export type Attributes = Readonly<Record<string, string | number>>
export const KINDS = { server: 2, client: 3 } as const
const STATUS_ERROR = 2

/** One operation that takes time. */
export interface Span {
  readonly place: Place
  set(name: string, value: string | number): void
  fail(): void
  end(): void
}

/** @param links other places that this operation belongs to. */
export type OpenSpan = (
  name: string,
  kind: keyof typeof KINDS,
  attributes: Attributes,
  parent?: Place,
  links?: readonly Place[]
) => Span

const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
/** §3.3.1.5: what everybody passes on. */
const TRACESTATE = /^[\x20-\x7e]{1,512}$/

/** @returns `undefined` where the caller names no trace, or none that can be read. */
export function readPlace ({ traceparent, tracestate }: Carrier): Place | undefined {
  const match = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent) : null
  const [, version, traceId, spanId, flags, more] = match ?? []
  if (traceId === undefined || spanId === undefined) return undefined
  if (version === '00' && more !== undefined) return undefined
  return {
    traceId,
    spanId,
    isSampled: (Number.parseInt(flags!, 16) & 1) === 1,
    ...(typeof tracestate === 'string' && TRACESTATE.test(tracestate) && { state: tracestate })
  }
}

/** @param send takes a span that has ended, as OTLP's JSON. */
export const spanOpener = (send: (span: object) => void): OpenSpan =>
  (name, kind, first, parent, links = []) => {
    const trace = parent ?? { traceId: randomHex(16), isSampled: true }
    const place: Place = { ...trace, spanId: randomHex(8) }
    const attributes: Record<string, string | number> = { ...first }
    const began = { ms: Date.now(), clock: performance.now() }
    let status = {}
    return {
      place,
      set (name, value) { attributes[name] = value },
      fail () { status = { code: STATUS_ERROR } },
      end () {
        if (!place.isSampled) return
        send({
          traceId: place.traceId,
          spanId: place.spanId,
          ...(parent && { parentSpanId: parent.spanId }),
          ...(place.state && { traceState: place.state }),
          name,
          kind: KINDS[kind],
          startTimeUnixNano: nanoseconds(began.ms),
          endTimeUnixNano: nanoseconds(began.ms + performance.now() - began.clock),
          attributes: toAttributes(attributes),
          links: links.map(({ traceId, spanId }) => ({ traceId, spanId })),
          status
        })
      }
    }
  }

const randomHex = (bytes: number): string => randomBytes(bytes).toString('hex')
/** A number of 64 bits is a string in OTLP's JSON. */
const nanoseconds = (ms: number): string => `${BigInt(Math.round(ms * 1000)) * 1000n}`

export const toAttributes = (attributes: Attributes): object[] =>
  Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: value }
  }))
