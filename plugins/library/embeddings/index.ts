// Keeps a vector for each part of a document beside the index in SQLite, and embeds queries. Off unless the operator has
// named an endpoint. Search never depends on it: while the endpoint fails, words alone decide.
// missing.ts finds what has none, endpoint.ts asks for vectors; plugins/search/nearest.ts compares them and merges both orders.
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { openDatabase, write } from '../../storage/sqlite/database.ts'
import { createCounts } from '../../counts.ts'
import { INDEX_FILES } from '../../search/contract.ts'
import type { Log } from '../indexer.ts'
import { embed, Refused, type EmbeddingsSettings } from './endpoint.ts'
import { createMissing } from './missing.ts'

export interface Embeddings {
  /** @returns undefined while the endpoint fails, and where this person is asking for as many as they may. */
  ofQuery(query: string, person: string | null): Promise<Float32Array | undefined>
  /** Embeds what has no vector yet, in the background. */
  refresh(): void
  close(): Promise<void>
}

/** The vectors of more would take a tenth of a second to read, if they are as long as they may be. */
const BATCH_PARTS = 16
/** A search waits for its vector this long. */
const QUERY_TIMEOUT_MS = 2_000
const BATCH_TIMEOUT_MS = 60_000
/** After a failure the endpoint is left alone: doubled each time. */
const BACKOFF_MS = { first: 1_000, most: 60_000 }
const MAX_QUERY = 2_000
/** Of one person at once: a hundred would keep the endpoint busy for longer than a search waits, and then it is left alone. */
const MAX_QUERIES_EACH = 4
const PROBE = 'hello'

/** @param dataDir with the index in it, whose tables exist. */
export function openEmbeddings (settings: EmbeddingsSettings, dataDir: string, log: Log): Embeddings {
  const db = openVectors(settings.model, dataDir)
  const insert = db.prepare(`
    INSERT OR REPLACE INTO vectors
    SELECT key, ? FROM documents WHERE key = ? AND substr(text, 1, 8000) = ?
  `)
  const closing = new AbortController()
  const missing = createMissing(db, closing.signal)
  const endpoint = createEndpoint(settings, log, closing.signal)
  const asking = createCounts<string | null>()
  let running: Promise<void> | undefined
  let isAskedAgain = false

  async function embedAll (): Promise<void> {
    let size = BATCH_PARTS
    // Up to here there is nothing left to do: what is replaced meanwhile asks again.
    let done = 0
    isAskedAgain = false
    while (!closing.signal.aborted) {
      const rows = await missing(done, size)
      if (rows.length === 0) return
      const answer = await endpoint.ask(rows.map(({ title, text }) => `${title}\n${text}`), BATCH_TIMEOUT_MS)
      // One text that is refused must not stop the others: it gets a vector of no length, which is near nothing.
      const found = answer === 'refused' ? (size === 1 ? [new Float32Array()] : undefined) : answer
      size = found ? BATCH_PARTS : Math.ceil(size / 4)
      if (found) {
        await write(db, () => {
          // A part that was replaced meanwhile is left for the next round.
          for (const [at, { key, text }] of rows.entries()) {
            insert.run(new Uint8Array(found[at]!.buffer), key, text)
          }
        })
        done = rows.at(-1)!.key
      }
      await setTimeout(endpoint.waitMs(), undefined, { signal: closing.signal, ref: false })
    }
  }

  function refresh (): void {
    isAskedAgain = true
    running ??= embedAll()
      .catch((error: Error) => {
        if (closing.signal.aborted) return
        log.warn(`Embeddings cannot be stored: ${error.message}. The next change of a document tries again.`)
      })
      .finally(() => {
        running = undefined
        if (isAskedAgain && !closing.signal.aborted) refresh()
      })
  }

  return {
    async ofQuery (query, person) {
      if (endpoint.waitMs() > 0 || query.trim() === '' || asking.of(person) >= MAX_QUERIES_EACH) return undefined
      asking.add(person, 1)
      const answer = await endpoint.ask([query.slice(0, MAX_QUERY)], QUERY_TIMEOUT_MS).finally(() => asking.add(person, -1))
      return answer === 'refused' ? undefined : answer?.[0]
    },
    refresh,
    async close () {
      closing.abort()
      await running
      if (db.isOpen) db.close()
    }
  }
}

/** Vectors of two models cannot be compared: those of another are dropped. */
const openVectors = (model: string, dataDir: string): DatabaseSync =>
  openDatabase(dataDir, INDEX_FILES.documents, {
    synchronous: 'NORMAL',
    isBulk: true,
    prepare (db) {
      if (db.prepare('SELECT model FROM vector_model').get()?.['model'] === model) return
      db.exec('DELETE FROM vectors; DELETE FROM vector_model')
      db.prepare('INSERT INTO vector_model VALUES (?)').run(model)
    }
  })

/** Requests to the endpoint: one log line when it begins to fail, and one when it answers again. */
function createEndpoint (settings: EmbeddingsSettings, log: Log, closing: AbortSignal) {
  let failures = 0
  let until = 0
  let hasAnswered = false
  let hasRefused = false

  const send = (texts: string[], timeoutMs: number) =>
    embed(settings, texts, AbortSignal.any([closing, AbortSignal.timeout(timeoutMs)]))

  function noteAnswer (): void {
    if (failures > 0) log.info('The embeddings endpoint answers again')
    failures = 0
    until = 0
    hasAnswered = true
  }

  function note (error: Error): void {
    // What has taken other texts refuses these alone.
    if (error instanceof Refused && hasAnswered) {
      if (!hasRefused) {
        log.warn(`The embeddings endpoint refuses a text (${error.message}): such texts are found by their words alone`)
      }
      hasRefused = true
      return
    }
    if (failures === 0) {
      log.warn(`The embeddings endpoint fails (${reasonOf(error)}): until it answers, search uses words alone`)
    }
    until = performance.now() + Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** failures++)
  }

  return {
    /** @returns undefined when it fails, `refused` when it does not take these texts. */
    async ask (texts: string[], timeoutMs: number): Promise<Float32Array[] | 'refused' | undefined> {
      try {
        const vectors = await send(texts, timeoutMs)
        noteAnswer()
        return vectors
      } catch (error) {
        if (closing.aborted) return undefined
        // A wrong model is refused for every text, and a text that is too long for itself alone: one that none refuses tells.
        if (error instanceof Refused && !hasAnswered) await send([PROBE], timeoutMs).then(noteAnswer, () => {})
        note(error as Error)
        return error instanceof Refused && hasAnswered ? 'refused' : undefined
      }
    },
    /** How long it is left alone. */
    waitMs: () => Math.max(0, until - performance.now())
  }
}

const reasonOf = ({ name, message, cause }: Error): string =>
  name === 'TimeoutError' ? 'it did not answer in time' : (cause as { code?: string } | undefined)?.code ?? message
