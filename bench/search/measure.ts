// nDCG@10: how much of what could have been found stands in the first ten, and how far up (Järvelin and Kekäläinen,
// 2002).
import type { Engine } from './engines.ts'
import type { Question } from './questions.ts'

const CUT = 10

const gain = (grades: number[]): number =>
  grades.slice(0, CUT).reduce((sum, grade, rank) => sum + (2 ** grade - 1) / Math.log2(rank + 2), 0)

export const ndcg = (found: readonly string[], grades: Readonly<Record<string, number>>): number =>
  gain(found.map((id) => grades[id] ?? 0)) / gain(Object.values(grades).sort((a, b) => b - a))

/** The same with each grade as its own gain, as sets from outside are measured (trec_eval). */
export function linearNdcg (found: readonly string[], grades: Readonly<Record<string, number>>): number {
  const sum = (values: number[]) => values.slice(0, CUT).reduce((sum, grade, rank) => sum + grade / Math.log2(rank + 2), 0)
  return sum(found.map((id) => grades[id] ?? 0)) / sum(Object.values(grades).sort((a, b) => b - a))
}

export interface Measured {
  name: string
  ndcg: number
  /** Share of the questions whose first hit answers it. */
  first: number
  /** Share of the questions with an answer among the first ten. */
  found: number
  perQuestion: number[]
}

export async function measure (engine: Engine, questions: Question[]): Promise<Measured> {
  const perQuestion: number[] = []
  let first = 0
  let found = 0
  for (const { query, grades } of questions) {
    const hits = await engine.search(query, CUT)
    perQuestion.push(ndcg(hits, grades))
    if (grades[hits[0] ?? ''] === 2) first++
    if (hits.some((id) => grades[id] === 2)) found++
  }
  const mean = perQuestion.reduce((sum, value) => sum + value, 0) / perQuestion.length
  return {
    name: engine.name,
    ndcg: mean,
    first: first / questions.length,
    found: found / questions.length,
    perQuestion
  }
}
