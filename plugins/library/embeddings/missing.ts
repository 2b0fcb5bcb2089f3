// Finds the parts of documents that have no vector yet, past any number of those that have one, in turns with other
// requests.
import { setImmediate } from 'node:timers/promises'
import type { DatabaseSync } from 'node:sqlite'

export interface MissingPart {
  key: number
  title: string
  /** As much of it as is embedded. */
  text: string
}

/** Parts that are passed over before others have a turn: some 5 ms. */
const SLICE = 1_000

/** @returns finds the first parts after this key that have none. */
export function createMissing (
  db: DatabaseSync,
  closing: AbortSignal
): (after: number, size: number) => Promise<MissingPart[]> {
  const slice = db.prepare(`
    SELECT documents.key AS key, vectors.key IS NULL AS isMissing
    FROM documents LEFT JOIN vectors USING (key)
    WHERE documents.key > ? ORDER BY documents.key LIMIT ${SLICE}
  `)
  const part = db.prepare('SELECT key, title, substr(text, 1, 8000) AS text FROM documents WHERE key = ?')
  return async (after, size) => {
    const keys: number[] = []
    for (let from = after; keys.length < size && !closing.aborted;) {
      const rows = slice.all(from) as unknown as Array<{ key: number; isMissing: number }>
      keys.push(...rows.filter(({ isMissing }) => isMissing === 1).map(({ key }) => key))
      if (rows.length < SLICE) break
      from = rows.at(-1)!.key
      await setImmediate()
    }
    return keys.slice(0, size).flatMap((key) => part.all(key) as unknown as MissingPart[])
  }
}
