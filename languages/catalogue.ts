// Reads the files of a language, the first time somebody reads it.
// Tested in test/languages/catalogue.test.ts.
import { readdirSync, readFileSync } from 'node:fs'
import type { Key, Language } from './contract.ts'

type Messages = ReadonlyMap<string, string>

const read = new Map<Language, Messages>()

/** @returns what finds a message. One that a translation lacks is found in English. */
export function catalogueOf (language: Language): (key: Key) => string {
  const [own, english] = [messagesOf(language), messagesOf('en')]
  return (key) => own.get(key) ?? english.get(key)!
}

/** Every message of a language, by its key. */
export function messagesOf (language: Language): Messages {
  const known = read.get(language)
  if (known) return known
  const folder = new URL(`${language}/`, import.meta.url)
  const messages = new Map(
    readdirSync(folder).flatMap((file) => {
      const entries = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Record<string, string>
      return Object.entries(entries).map(([name, message]) => [`${file.slice(0, -'.json'.length)}.${name}`, message] as const)
    })
  )
  read.set(language, messages)
  return messages
}
