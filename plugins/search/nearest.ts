// Which parts are nearest to a query in meaning, and one order from two: of words and of vectors.
// Tested in test/plugins/library/embeddings/index.test.ts.
import type { DatabaseSync } from 'node:sqlite'

/** Parts that are compared: some 0.2 s. What is beyond is found by its words. */
const MAX_COMPARED = 50_000
/** How many of each order are merged, and the constant of reciprocal rank fusion (Cormack, Clarke, Büttcher 2009). */
export const FUSED = 100
const K = 60

export interface Nearest {
  /**
   * @returns the keys of the nearest parts of these audiences, nearest first.
   * @param vector of length 1.
   */
  keys(vector: Float32Array, audiences: readonly number[]): number[]
}

export function createNearest (db: DatabaseSync): Nearest {
  const all = db.prepare(`
    SELECT key, vector FROM documents INDEXED BY documents_language JOIN vectors USING (key)
    WHERE audience IN (SELECT value FROM json_each(?)) LIMIT ${MAX_COMPARED}
  `)
  return {
    keys (vector, audiences) {
      const found: Array<{ key: number; likeness: number }> = []
      for (const row of all.iterate(JSON.stringify(audiences))) {
        const bytes = row['vector'] as Uint8Array<ArrayBuffer>
        const other = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
        if (other.length !== vector.length) continue
        found.push({ key: row['key'] as number, likeness: product(vector, other) })
      }
      return found
        .sort((a, b) => b.likeness - a.likeness)
        .slice(0, FUSED)
        .map(({ key }) => key)
    }
  }
}

function product (a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!
  return sum
}

/** @returns the keys of all orders with their scores, best first. */
export function fuse (orders: ReadonlyArray<readonly number[]>): Array<{ key: number; score: number }> {
  const scores = new Map<number, number>()
  for (const order of orders) {
    for (const [rank, key] of order.entries()) scores.set(key, (scores.get(key) ?? 0) + 1 / (K + rank + 1))
  }
  return Array.from(scores, ([key, score]) => ({ key, score })).sort((a, b) => b.score - a.score || a.key - b.key)
}
