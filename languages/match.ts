// Which of our languages a person reads, by what their browser or their app says (RFC 9110 §12.5.4, RFC 4647; OpenID
// Connect Core §3.1.2.1 "ui_locales").
// Tested in test/languages/match.test.ts.
import { languages, type Language } from './contract.ts'

/** Browsers send a handful. */
const MAX_TAGS = 20
const MAX_CHARACTERS = 500

/**
 * @param wanted the header `Accept-Language`, or tags separated by blanks, best first.
 * @returns undefined where none of ours is among them.
 */
export function matchLanguage (wanted: string | undefined): Language | undefined {
  const list = (wanted ?? '').slice(0, MAX_CHARACTERS).replaceAll(/\s*;\s*/g, ';')
  const tags = list.split(/[\s,]+/).slice(0, MAX_TAGS)
  return tags
    .map(readTag)
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ tag }) => findOurs(tag))
    .find((found) => found !== undefined)
}

function readTag (text: string): { tag: string; quality: number } {
  const [tag = '', weight] = text.split(';')
  const quality = weight === undefined ? 1 : Number(/^q=([01](?:\.\d{0,3})?)$/.exec(weight)?.[1] ?? 0)
  return { tag, quality }
}

/** Of one language and one script: who reads traditional Chinese has not asked for the simplified one. */
const formOf = ({ language, script }: Intl.Locale): string => `${language} ${script}`
const ours = new Map(languages.map((language) => [formOf(new Intl.Locale(language).maximize()), language]))

function findOurs (tag: string): Language | undefined {
  const locale = parse(tag)
  return locale && ours.get(formOf(locale))
}

function parse (tag: string): Intl.Locale | undefined {
  try {
    return new Intl.Locale(tag).maximize()
  } catch {
    return undefined
  }
}
