// Documents of which some are hidden from whoever searches, and the questions that would find out about them.
import type { RuleFile } from '../../../plugins/access-rules/contract.ts'
import { evaluate } from '../../../plugins/access-rules/rights.ts'
import type { IndexedDocument } from '../../../plugins/library/contract.ts'

export const OPEN: RuleFile = { groups: { team: [], finance: [] }, rules: [{ who: ['everyone'], documents: ['**'] }] }

/** What lies in finance/ and team/ is for its group alone. */
export const RULES: RuleFile = {
  groups: { team: [], finance: [] },
  rules: [
    { who: ['everyone'], documents: ['**', '!finance/**', '!team/**'] },
    { who: ['team'], documents: ['team/**'] },
    { who: ['finance'], documents: ['finance/**'] }
  ]
}

/** Rules that change, as `app.accessRules` hands them on. */
export function changingRules (first: RuleFile) {
  const listeners: Array<() => void> = []
  let number = 0
  let current = evaluate(first, `${number}`)
  return {
    audienceOf: (id: string) => current.audienceOf(id),
    onChange: (listener: () => void) => {
      listeners.push(listener)
    },
    rightsOf: (...groups: string[]) => current.rightsOf({ groups }).documents,
    change (file: RuleFile) {
      current = evaluate(file, `${++number}`)
      for (const listener of listeners) listener()
    }
  }
}

const SEEN = [
  'tent',
  'walnut',
  'river',
  'invoice',
  'budget',
  'lantern',
  'harbour',
  'window',
  'kitchen',
  'garden',
  'letter',
  'winter',
  'planet',
  'silver',
  'mountain'
]
const HIDDEN = [
  'merger',
  'walnuts',
  'layoff',
  'severance',
  'budgets',
  'acquisition',
  'lanterns',
  'dossier',
  'embargo',
  'silversmith',
  'wintergreen'
]

const document = (id: string, title: string, text: string): IndexedDocument => ({
  id,
  title,
  text: `# ${title}\n\n${text}`,
  type: 'text/markdown',
  modified: 1_700_000_000_000,
  bytes: text.length
})

/** Words in an order that only the number decides. */
const sentence = (words: readonly string[], number: number, length: number): string =>
  Array.from({ length }, (_, at) => words[(number * 7 + at * (number % 5 + 1)) % words.length]).join(' ')

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

export const seenDocuments: IndexedDocument[] = [
  ...numbers(30).map((at) => document(`public/${at}.md`, `About the ${SEEN[at % SEEN.length]}`, sentence(SEEN, at, 20 + at))),
  ...numbers(12).map((at) => document(`team/${at}.md`, `Notes ${at}`, sentence(SEEN.slice(3), at, 15 + at))),
  document('team/plan.md', 'Plan', 'The harbour plan of the team, and its walnut budget.'),
  document('public/de.md', 'Über den Wintergarten', 'Der Wintergarten und die Fensterbank sind für die Gäste da, und das Haus ist mit dem Fluss verbunden.'),
  document('public/ja.md', '会議', '東京の会議は水曜日です。予算の資料を準備してください。')
]

/** They raise the frequency of words that others hold, add words near those, and are in a language that no other is in. */
export const hiddenDocuments: IndexedDocument[] = [
  ...numbers(60).map((at) => document(`finance/${at}.md`, `The ${HIDDEN[at % HIDDEN.length]}`, sentence([...HIDDEN, ...SEEN.slice(0, 4)], at, 30 + 3 * at))),
  document('finance/fr.md', 'Le licenciement', 'Le licenciement des employés est dans le rapport que la direction a écrit pour les actionnaires.'),
  document('finance/long.md', 'Long', `${sentence([...HIDDEN, ...SEEN], 3, 20)}\n`.repeat(900))
]

const misspelled = (word: string): string[] => [
  word.slice(0, 2) + word[3] + word[2] + word.slice(4),
  `${word.slice(0, -2)}${word.at(-1)}`,
  `${word}x`
]

export const questions: string[] = [
  ...[...SEEN, ...HIDDEN].flatMap((word) => [word, `${word.slice(0, 4)}*`, ...misspelled(word)]),
  ...SEEN.flatMap((word, at) => [`"${word} ${SEEN[(at + 1) % SEEN.length]}"`, `${word} and ${HIDDEN[at % HIDDEN.length]}`, `what is a ${word} ${SEEN[(at + 4) % SEEN.length]}?`]),
  ...HIDDEN.flatMap((word, at) => [`"the ${word}"`, `"${word} ${HIDDEN[(at + 1) % HIDDEN.length]}" ${SEEN[at]}`, `silver ${word}`]),
  'silver smith',
  'silversmith',
  'winter green',
  'wintergarten',
  'winter garten',
  'fensterbank',
  'fenster',
  'licenciement',
  'licenciements',
  'le rapport de la direction',
  'dans',
  'für die gäste',
  '会議',
  '予算',
  '秘密',
  'finance',
  'finance 1',
  'team plan',
  'the',
  '*',
  '"',
  'lanternharbour',
  'notes 3',
  'long'
]
