// What people ask, and which documents answer it: judged by hand, over what each engine here put among its first eight.
import { readFileSync } from 'node:fs'

export interface Question {
  query: string
  /** By document: 2 answers the question, 1 helps. */
  grades: Record<string, 1 | 2>
}

const read = (): Record<string, Question[]> =>
  JSON.parse(readFileSync(new URL('./questions.json', import.meta.url), 'utf8'))

/** Whole questions first, then a few words, then phrases and beginnings. */
export const questions: Question[] = Object.values(read()).flat()
