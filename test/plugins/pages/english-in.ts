// Finds the English of the catalogue on a page that should be in another language.
import { messagesOf } from '../../../languages/catalogue.ts'
import { escapeHtml } from '../../../languages/fill.ts'
import type { Language } from '../../../languages/index.ts'

/** Shorter ones are names or words that several languages share. */
const MIN_CHARACTERS = 8

/** What of a message is always there: the text between braces and tags. */
const fragments = (message: string): string[] =>
  message.split(/[{}<>]/).map((part) => part.trim()).filter((part) => part.length >= MIN_CHARACTERS && part.includes(' '))

/**
 * @param html a page. What it marks as English is left out.
 * @returns the fragments of English messages in it that are no message of the language as well.
 */
export function englishIn (html: string, language: Language): string[] {
  const text = html.replaceAll(/<(\w+)[^>]* lang="en">.*?<\/\1>/gs, '')
  const own = new Set([...messagesOf(language).values()].flatMap(fragments))
  const english = new Set([...messagesOf('en').values()].flatMap(fragments))
  return [...english].filter((part) => !own.has(part) && text.includes(escapeHtml(part)))
}
