// A further source as the library asks it: in its own time, and with what it answers checked, so that one bad source
// spoils no search.
import type { FastifyBaseLogger } from 'fastify'
import { z } from 'zod'
import type { LibrarySource, SourceUser } from '../../authoring/source.ts'
import { ToolError } from '../../authoring/tool.ts'
import { MAX_TITLE_LENGTH } from './contract.ts'

/** Characters, as of a document of the folder. */
const MAX_TEXT = 5 * 1024 * 1024
/** Characters of a passage: words are looked for in all of it. */
const MAX_SNIPPET = 1_000
const MAX_FACTS = 50
const MAX_FACT = 1_000

/** What is longer is cut: somebody else may have written it. */
const text = (most: number) => z.string().transform((text) => (text.length > most ? text.slice(0, most).toWellFormed() : text))
const title = text(MAX_TITLE_LENGTH)
const url = z.string().max(4_000).pipe(z.url({ protocol: /^https?$/ })).optional()
const hits = z.array(z.object({ id: z.string().min(1).max(4_000), title, snippet: text(MAX_SNIPPET), url }))
const facts = z.preprocess(
  (given) => (typeof given === 'object' && given !== null ? firstOf(given, MAX_FACTS) : given),
  z.record(text(MAX_FACT), text(MAX_FACT))
)
const found = z.object({ title, text: text(MAX_TEXT), url, metadata: facts.optional() }).optional()

function firstOf (members: object, most: number): Record<string, unknown> {
  const first: Record<string, unknown> = {}
  for (const name in members) {
    if (most-- === 0) break
    first[name] = members[name as keyof typeof members]
  }
  return first
}

interface Asked {
  user: SourceUser | null
  signal: AbortSignal | undefined
}
type Hit = z.output<typeof hits>[number]

/** As {@link LibrarySource}, with ids that begin with its name. */
export interface GuardedSource {
  name: string
  /** A source that fails or is late has no hits, and the log says so. */
  search(query: string, options: Asked & { limit: number }): Promise<Hit[]>
  /** @throws ToolError when the source fails: a document that exists must not appear to be gone. */
  fetch(id: string, options: Asked): Promise<z.output<typeof found>>
}

/** @param timeoutMs for one answer. */
export function guardSource (
  source: LibrarySource,
  log: Pick<FastifyBaseLogger, 'warn'>,
  timeoutMs = 5_000
): GuardedSource {
  const { name } = source
  const inTime = async <T>(signal: AbortSignal | undefined, ask: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const stop = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])])
    const { promise: stopped, reject } = Promise.withResolvers<never>()
    const end = () => reject(stop.reason)
    stop.addEventListener('abort', end, { once: true })
    try {
      stop.throwIfAborted()
      return await Promise.race([ask(stop), stopped])
    } finally {
      stop.removeEventListener('abort', end)
    }
  }

  return {
    name,
    async search (query, { user, limit, signal }) {
      try {
        const answer: unknown = await inTime(signal, (signal) => source.search(query, { user, limit, signal }))
        const first = hits.parse(Array.isArray(answer) ? answer.slice(0, limit) : answer)
        return first.map((hit) => ({ ...hit, id: `${name}:${hit.id}` }))
      } catch (error) {
        signal?.throwIfAborted()
        log.warn({ err: error, source: name }, 'a source could not be searched')
        return []
      }
    },
    async fetch (id, { user, signal }) {
      try {
        return found.parse(await inTime(signal, (signal) => source.fetch(id.slice(name.length + 1), { user, signal })))
      } catch (error) {
        signal?.throwIfAborted()
        log.warn({ err: error, source: name }, 'a source could not be read')
        throw new ToolError(
          'This document could not be read just now: where it is kept does not answer as it should. Try again in a minute.'
        )
      }
    }
  }
}
