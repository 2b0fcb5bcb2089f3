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
 * @param upstream whose thing it is, if it is one of an upstream: a rule can also mean all of that.
 */
export function decide (
  rules: readonly ReadRule[],
  of: Subject,
  asked: readonly string[],
  upstream?: string
): Decision {
  if (asked.some(({ length }) => length > MAX_NAME)) return { may: false }
  const names = asked.map((name) => name.normalize())
  const meant = [[of, names] as const, ...(upstream === undefined ? [] : [['upstreams', [upstream]] as const])]
  const fits = (rule: ReadRule, test: (list: PatternList, name: string) => boolean) =>
    meant.some(([kind, names]) => rule[kind] !== undefined && names.some((name) => test(rule[kind]!, name)))
  const leavesOut = (rule: ReadRule) => fits(rule, (list, name) => list.leavesOut(name))
  const takes = rules.find((rule) => fits(rule, (list, name) => list.onlyLeavesOut && list.leavesOut(name)))
  if (takes) return { may: false, rule: takes.number }
  const gives = rules.find((rule) => fits(rule, (list, name) => list.gives(name)) && !leavesOut(rule))
  if (gives) return { may: true, rule: gives.number }
  const without = rules.find(leavesOut)
  return { may: false, ...(without && { rule: without.number }) }
}

/** Whether {@link decide} could give something of an upstream, whatever its name is. */
export function decideAny (rules: readonly ReadRule[], of: Subject, upstream: string): boolean {
  const leavesOut = ({ upstreams }: ReadRule) => upstreams?.leavesOut(upstream) === true
  if (rules.some((rule) => rule.upstreams?.onlyLeavesOut === true && leavesOut(rule))) return false
  return rules.some((rule) =>
    !leavesOut(rule) && (rule.upstreams?.gives(upstream) === true || rule[of]?.onlyLeavesOut === false))
}
