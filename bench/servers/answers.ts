// What the bare servers of the bench answer: the very bytes and headers that this server gave, so that both send the same.
import { readFileSync } from 'node:fs'

export interface Answer {
  headers: Record<string, string>
  body: string
}

/** By the name in the query of the URL. */
export const answers = new Map(
  Object.entries(JSON.parse(readFileSync(process.env['ANSWERS']!, 'utf8')) as Record<string, Answer>)
)

/** @returns the one that a URL asks for: `/?answer=call`. */
export const answerFor = (url: string): Answer => answers.get(url.slice(url.indexOf('=') + 1))!

/** The one token that is valid. */
export const token = process.env['TOKEN']!
