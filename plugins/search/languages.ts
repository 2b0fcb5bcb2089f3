// Which language a text is in, by its most frequent words: no more is needed to choose a stemmer. Code is English here,
// since few of its words are anybody's.
import { canonical } from './canonical.ts'

/** The frequent small words of each language, as `canonical` spells them. */
const FREQUENT = {
  en: 'a an we our your can if has will do about into i my but all they the of and to in is that for it as was with be by on not this are or from at which you have what how who does did when where why many much',
  de: 'der die und den von zu das mit sich des auf für ist im dem nicht ein eine einen einer als auch es an werden aus hat dass sie nach wird bei wie war was welche welcher wer wo wann warum wurde in am welchem welchen welches wem wen wessen',
  fr: 'le la les de des et un une du en est que qui dans pour pas sur au avec ce il par sont plus ne aux quel quelle comment où quand cette',
  es: 'el la los las de y en que un una del se por con para es al lo como más su no fue qué cuál cuándo dónde quién cómo cuántos cuáles quiénes cuántas cuánto',
  pt: 'o a os as de e que do da em um uma para com não por no na dos das se é ao mais foi qual quando onde quem como',
  it: 'il la i gli le di e che un una del della in per non con si è da al dei sono nel alla lo quale quando dove chi come',
  nl: 'de het een en van in is dat op te zijn met voor niet aan er om ook als bij door wordt naar wat hoe wie wanneer waar',
  sv: 'och att det som en på är av för med den till inte ett om har de var från vad hur vem när vilken',
  da: 'og at det som en på er af for med den til ikke et om har de var fra hvad hvordan hvem hvornår',
  no: 'og at det som en på er av for med den til ikke et om har de var fra hva hvordan hvem når etter',
  fi: 'ja on ei se että oli hän mutta ovat myös tai kun joka ne mukaan sekä mikä miten kuka missä',
  hu: 'a az és hogy nem is egy ez van volt meg mint csak vagy mi ki hol mikor hogyan',
  ro: 'și de la în a cu pe care un o din este nu că pentru mai sau fost sunt ce cine unde când cum',
  tr: 've bir bu da de için ile olarak olan daha çok en gibi ne kadar nasıl kim nerede hangi mi',
  id: 'yang dan di dari untuk dengan ini itu dalam tidak pada adalah akan oleh apa siapa bagaimana kapan mana',
  vi: 'và của là có được các cho trong một không những với người này đã ở để khi gì nào ai đâu bao',
  pl: 'i w na z do się nie jest że to o jak po od przez co dla są oraz kto gdzie kiedy',
  cs: 'a v na se je že do s z to pro jako by ve po co jak kdo kde kdy jsou',
  ru: 'и в не на с что как по это был была были его её их или также когда который из для от он к был а кто где какой какая какие каким какого за у же бы так вы она они мы эта этот эти сколько почему чем до во',
  uk: 'і в на що з до не та як у для від за це є хто де коли який',
  bg: 'и на да от се за е са че по с не в как какво кой къде кога',
  sr: 'и у је да се на за од не су са као што ко где када како'
} as const

export type Language = keyof typeof FREQUENT

const languagesOfWord = new Map<string, Language[]>()
for (const [language, words] of Object.entries(FREQUENT) as Array<[Language, string]>) {
  for (const word of words.split(' ')) languagesOfWord.set(word, [...(languagesOfWord.get(word) ?? []), language])
}

/** Characters that are read: some 2,000 words. */
const SAMPLE = 12_000
/** The share of words that must be among the frequent ones of a language, and how many different ones. */
const MIN_SHARE = 0.1
const MIN_DISTINCT = 2
const WORD = /[\p{L}\p{M}]+/gu

/**
 * The language that most of the frequent words belong to; English if that is not clear.
 */
export function languageOf (text: string): Language {
  const words = canonical(text.slice(0, SAMPLE)).match(WORD) ?? []
  const counts = new Map<Language, { all: number; distinct: Set<string> }>()
  for (const word of words) {
    for (const language of languagesOfWord.get(word) ?? []) {
      const count = counts.get(language) ?? { all: 0, distinct: new Set() }
      counts.set(language, { all: count.all + 1, distinct: count.distinct.add(word) })
    }
  }
  const [best] = [...counts].sort(([, a], [, b]) => b.all - a.all)
  if (best === undefined) return 'en'
  const [language, { all, distinct }] = best
  const isClear = distinct.size >= MIN_DISTINCT && all >= words.length * MIN_SHARE && all > (counts.get('en')?.all ?? 0)
  return isClear ? language : 'en'
}

/** English words that carry no subject. */
const STOP_WORDS = new Set(
  (
    'a about am an and any are as at be been but by can could did do does for from get had has have how ' +
    'i if in into is it its may me my need no not of on or our should so some such than that the their ' +
    'them then there these they this to us use used using want was we were what when where which who why ' +
    'will with would you your'
  ).split(' ')
)

/** How many different words of a query are among the frequent ones of each language. */
function spokenIn (words: readonly string[]): Map<Language, number> {
  const spoken = new Map<Language, number>()
  for (const language of [...new Set(words)].flatMap((word) => languagesOfWord.get(word) ?? [])) {
    spoken.set(language, (spoken.get(language) ?? 0) + 1)
  }
  return spoken
}

/** The languages that a query may be in, of those that documents are in: by its frequent words, otherwise all of them. */
export function languagesOfQuery (words: readonly string[], known: readonly Language[]): Language[] {
  const spoken = spokenIn(words)
  const most = Math.max(0, ...known.map((language) => spoken.get(language) ?? 0))
  return known.filter((language) => most === 0 || (spoken.get(language) ?? 0) * 2 > most)
}

export interface StopWords {
  /** Says nothing, nor beside another word. */
  isStopWord(word: string): boolean
  /** Says nothing alone; beside another word it may, as prepositions do in languages with cases. */
  isSmall(word: string): boolean
}

/** @param languages of the query. A single small word decides nothing: it may be another word of another language. */
export function stopWordsOf (words: readonly string[], languages: readonly Language[]): StopWords {
  const spoken = spokenIn(words)
  const small = languages.filter((language) => language !== 'en' && (spoken.get(language) ?? 0) >= MIN_DISTINCT)
  const isForeign = !languages.includes('en') && small.length > 0
  return {
    isStopWord: (word) => !isForeign && STOP_WORDS.has(word),
    isSmall: (word) => small.some((language) => languagesOfWord.get(word)?.includes(language))
  }
}
