// Evaluates the rules of access.json for a caller, and for a document.
//
// Rules add up: a caller may use what any rule for them gives. `!` leaves something out of what its own list gives; a list
// with nothing but `!` takes it away, whatever other rules give.
import { createHash } from 'node:crypto'
import { parseEmail } from '../../auth-backends/contract.ts'
import { EVERYBODY, type Audience, type Principal, type Rights, type RuleFile } from './contract.ts'
import { decide, decideAny, readRule, rulesFor, type Decision, type ReadRule, type Subject } from './decide.ts'

export interface Evaluation {
  rightsOf(caller: Principal | null): Rights
  audienceOf(id: string): Audience
  /** Entries of `who` that fit a caller, in the words of the file. */
  entriesOf(caller: Principal | null): string[]
  /** Every group of a caller, their own and those that the file puts them in, sorted. */
  groupsOf(caller: Principal | null): string[]
  /** What {@link Rights} answer for these names, and why. @param names as in `Rights.may`; of a document its id. */
  explain(caller: Principal | null, kind: Subject, ...names: readonly string[]): Decision
  /** What `Rights.mayOf` answers, and why. */
  explainOf(caller: Principal | null, upstream: string, kind: Subject, ...names: readonly string[]): Decision
}

/** Different names of one caller are looked up at most; the rest is evaluated again. */
const MAX_REMEMBERED = 10_000
/** Characters. Callers make up URIs: long ones are evaluated each time. */
const MAX_REMEMBERED_NAME = 500

/** @param version the same for the same rules: it becomes part of every key. */
export function evaluate (file: RuleFile, version: string): Evaluation {
  const rules = file.rules.map(readRule)
  const groups = new Map(Object.entries(file.groups).map(([name, members]) => [name, new Set(members.map(fold))]))
  const entries = [...new Set(rules.flatMap(({ who }) => who))].sort()
  const made = new Map<string, Rights>()

  /** Whether an entry of `who` fits. */
  function fits (entry: string, { email, groups: own = [] }: Principal): boolean {
    if (entry === 'everyone') return true
    const isOne = (addresses: Pick<ReadonlySet<string>, 'has'>) =>
      email !== undefined && (addresses.has(fold(email)) || addresses.has(domainOf(fold(email))))
    if (entry.includes('@')) return isOne(new Set([fold(entry)]))
    return own.includes(entry) || isOne(groups.get(entry)!)
  }

  const entriesOf = (caller: Principal | null) => entries.filter((entry) => fits(entry, caller ?? {}))

  return {
    entriesOf,
    groupsOf: (caller) => {
      const declared = [...groups.keys()].filter((group) => fits(group, caller ?? {}))
      return [...new Set([...(caller?.groups ?? []), ...declared])].sort()
    },
    explain: (caller, kind, ...names) => decide(rulesFor(rules, entriesOf(caller)), kind, names),
    explainOf: (caller, upstream, kind, ...names) => decide(rulesFor(rules, entriesOf(caller)), kind, names, upstream),
    rightsOf (caller) {
      const fitting = entriesOf(caller)
      const key = `${version} ${JSON.stringify(fitting)}`
      const known = made.get(key)
      if (known) return known
      if (made.size >= MAX_REMEMBERED) made.clear()
      const rights = createRights(rulesFor(rules, fitting), new Set(fitting), key)
      made.set(key, rights)
      return rights
    },
    audienceOf (id) {
      const gives = new Set<string>()
      const takes = new Set<string>()
      for (const { who, documents } of rules) {
        if (!documents) continue
        if (documents.onlyLeavesOut ? !documents.leavesOut(id) : !documents.gives(id)) continue
        for (const entry of who) (documents.onlyLeavesOut ? takes : gives).add(entry)
      }
      return gives.has('everyone') && takes.size === 0 ? EVERYBODY : audience([...gives].sort(), [...takes].sort())
    }
  }
}

/** @param rules those that are for the caller, whom these entries of `who` fit. */
function createRights (rules: readonly ReadRule[], entries: ReadonlySet<string>, key: string): Rights {
  const isOne = (entry: string) => entry === 'everyone' || entries.has(entry)
  const lists = rules.flatMap(({ documents }) => documents ?? [])
  const remembered = new Map<string, boolean>()
  const ask = (name: string, decision: () => Decision): boolean => {
    const known = remembered.get(name)
    if (known !== undefined) return known
    const { may } = decision()
    if (name.length > MAX_REMEMBERED_NAME) return may
    if (remembered.size >= MAX_REMEMBERED) remembered.clear()
    remembered.set(name, may)
    return may
  }
  return {
    key,
    // Callers make up URIs, and one may have spaces in it: no other names must be remembered as the same.
    may: (kind, ...names) => ask(JSON.stringify([kind, names]), () => decide(rules, kind, names)),
    mayOf: (upstream, kind, ...names) =>
      ask(JSON.stringify([upstream, kind, names]), () => decide(rules, kind, names, upstream)),
    mayAnyOf: (upstream, kind) => decideAny(rules, kind, upstream),
    documents: {
      key,
      may: (id) => decide(rules, 'documents', [id]).may,
      sees: ({ gives, takes }) => gives.some(isOne) && !takes.some(isOne),
      seesAll: lists.some((list) => list.givesAll) && !lists.some((list) => list.onlyLeavesOut)
    }
  }
}

/** As the address of a person is stored: one that is written otherwise would not be found, and nothing be taken away. */
const fold = (address: string): string => parseEmail(address)

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@'))

const DIGITS = 16

const audience = (gives: readonly string[], takes: readonly string[]): Audience => ({
  id: createHash('sha256').update(JSON.stringify([gives, takes])).digest('hex').slice(0, DIGITS),
  gives,
  takes
})
