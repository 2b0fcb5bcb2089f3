// The one decision of the access rules: whether a caller may use something,
// and which rule says so. What answers requests and what explains it to the
// operator ask here.
import { KINDS, type Kind, type Rule } from './contract.ts'
import { patternList, type PatternList } from './patterns.ts'

export type Subject = Kind | 'documents'
type Lists = Partial<Record<Subject, PatternList>>
export interface ReadRule extends Lists {
  who: readonly string[]
  /** In the order of the file, from 0. */
  number: number
}

/** Whether a caller may use something, and which rule decides it. */
export interface Decision {
  may: boolean
  /** Its place in the file, from 0. Absent where nothing gives it. */
  rule?: number
}

/** Characters. Nothing has a longer name, and anyone may ask for one. */
const MAX_NAME = 5_000

export function readRule ({ who, ...lists }: Rule, number: number): ReadRule {
  const kinds = ([...KINDS, 'documents'] as const).flatMap((kind) => (lists[kind] ? [[kind, patternList(lists[kind])] as const] : []))
  return { who, number, ...Object.fromEntries(kinds) }
}

/** Those that are for a caller whom these entries of `who` fit. */
export const rulesFor = (rules: readonly ReadRule[], entries: readonly string[]): ReadRule[] =>
  rules.filter(({ who }) => who.some((entry) => entries.includes(entry)))

/**
 * @param rules those that are for the caller.
 * @param asked names of one thing, as in `Rights.may`; of a document its id. Normalized once: of thousands of marks on
 * one letter that takes milliseconds.
 */
export function decide (
  rules: readonly ReadRule[],
  of: Subject,
  asked: readonly string[]
): Decision {
  if (asked.some(({ length }) => length > MAX_NAME)) return { may: false }
  const names = asked.map((name) => name.normalize())
  const leavesOut = (list: PatternList | undefined) => list !== undefined && names.some((name) => list.leavesOut(name))
  const takes = rules.find(({ [of]: list }) => list?.onlyLeavesOut && leavesOut(list))
  if (takes) return { may: false, rule: takes.number }
  const gives = rules.find(({ [of]: list }) => list && names.some((name) => list.gives(name)) && !leavesOut(list))
  if (gives) return { may: true, rule: gives.number }
  const without = rules.find(({ [of]: list }) => leavesOut(list))
  return { may: false, ...(without && { rule: without.number }) }
}
