// Stems words for the index, by the language of the text, and removes accents.
import { stemmer as danish } from '@orama/stemmers/danish'
import { stemmer as german } from '@orama/stemmers/german'
import { stemmer as greek } from '@orama/stemmers/greek'
import { stemmer as spanish } from '@orama/stemmers/spanish'
import { stemmer as finnish } from '@orama/stemmers/finnish'
import { stemmer as french } from '@orama/stemmers/french'
import { stemmer as hungarian } from '@orama/stemmers/hungarian'
import { stemmer as indonesian } from '@orama/stemmers/indonesian'
import { stemmer as hindi } from '@orama/stemmers/indian'
import { stemmer as italian } from '@orama/stemmers/italian'
import { stemmer as dutch } from '@orama/stemmers/dutch'
import { stemmer as norwegian } from '@orama/stemmers/norwegian'
import { stemmer as portuguese } from '@orama/stemmers/portuguese'
import { stemmer as romanian } from '@orama/stemmers/romanian'
import { stemmer as russian } from '@orama/stemmers/russian'
import { stemmer as serbian } from '@orama/stemmers/serbian'
import { stemmer as swedish } from '@orama/stemmers/swedish'
import { stemmer as turkish } from '@orama/stemmers/turkish'
import { stemmer as ukrainian } from '@orama/stemmers/ukrainian'
import { stemmer as english } from 'stemmer'
import { withoutAccents } from './canonical.ts'
import type { Language } from './languages.ts'

type Stemmer = (word: string) => string

const same: Stemmer = (word) => word

/** Czech, Polish, Vietnamese and Bulgarian have none. */
const LATIN: Partial<Record<Language, Stemmer>> = {
  en: english,
  de: german,
  fr: french,
  es: spanish,
  pt: portuguese,
  it: italian,
  nl: dutch,
  sv: swedish,
  da: danish,
  no: norwegian,
  fi: finnish,
  hu: hungarian,
  ro: romanian,
  tr: turkish,
  id: indonesian,
  vi: same,
  pl: same,
  cs: same
}
const CYRILLIC: Partial<Record<Language, Stemmer>> = { ru: russian, uk: ukrainian, bg: same, sr: serbian }

/** Scripts with one stemmer for all languages. */
const SCRIPTS: Array<[RegExp, Stemmer]> = [
  [/^\p{Script=Greek}/u, (word) => greek(withoutAccents(word))],
  [/^\p{Script=Arabic}/u, arabicLight],
  [/^\p{Script=Hebrew}/u, (word) => word.replace(/^ו?ה(?=.{3})/u, '')],
  [/^\p{Script=Hangul}/u, (word) => word.replace(/(?<=..)(?:에서|으로|에게|부터|까지|[을를이가은는의에로와과도])$/u, '')],
  [/^\p{Script=Devanagari}/u, hindi]
]

/** Stemmers take long for long words, and such words belong to no language. Postgres takes 2,046 bytes. */
const MAX_STEMMED = 40
const MAX_LENGTH = 100

/** Stemming costs more than finding it again. */
const MAX_CACHED = 50_000
const cached = new Map<Language, Map<string, string>>()

/**
 * @param word as `canonical` returns it. @param language of the text; a word in another script is stemmed as the most
 * frequent language of that script.
 */
export function stem (word: string, language: Language): string {
  let stems = cached.get(language)
  if (stems === undefined || stems.size >= MAX_CACHED) cached.set(language, (stems = new Map<string, string>()))
  const known = stems.get(word)
  if (known !== undefined) return known
  const found = stemOf(word, language)
  stems.set(word, found)
  return found
}

function stemOf (word: string, language: Language): string {
  if (word.length > MAX_STEMMED) return withoutAccents(word.slice(0, MAX_LENGTH).toWellFormed())
  if (/\p{N}/u.test(word)) return withoutAccents(word)
  if (/^\p{Script=Latin}/u.test(word)) return latin(word, language)
  if (/^\p{Script=Cyrillic}/u.test(word)) return withoutAccents((CYRILLIC[language] ?? russian)(word.replaceAll('ё', 'е')))
  return SCRIPTS.find(([script]) => script.test(word))?.[1](word) ?? word
}

function latin (word: string, language: Language): string {
  // In Vietnamese accents distinguish words.
  if (language === 'vi') return word
  const spelled =
    language === 'de'
      ? word.replace(/ae/g, 'ä').replace(/oe/g, 'ö').replace(/(?<![aeq])ue/g, 'ü')
      : language === 'es' ? word.replace(/([cs])ion$/, '$1ión') : language === 'ro' ? word.replaceAll('ș', 'ş').replaceAll('ț', 'ţ') : word
  const stemmer = LATIN[language] ?? english
  return withoutAccents(stemmer === english && !/^[a-z]{3,}$/.test(word) ? english(withoutAccents(spelled)) : stemmer(spelled))
}

/** "Light10" (Larkey, Ballesteros, Connell 2007): the prefixes and suffixes that seldom belong to the root. */
function arabicLight (word: string): string {
  const spelled = word
    .replace(/[أإآٱ]/g, 'ا')
    .replace(/[ىی]/g, 'ي')
    .replaceAll('ة', 'ه')
    .replaceAll('ک', 'ك')
  const bare = spelled.replace(/^و(?=.{3})/, '').replace(/^(?:ال|بال|كال|فال|لل)(?=.{2})/, '')
  return ['ها', 'ان', 'ات', 'ون', 'ين', 'يه', 'ه', 'ي'].reduce(
    (rest, ending) => (rest.length >= ending.length + 2 && rest.endsWith(ending) ? rest.slice(0, -ending.length) : rest),
    bare
  )
}
