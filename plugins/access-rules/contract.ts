// Who may use what: the rules of access.json, and what they give one caller.
// This room owns the file (rule-file.ts), its patterns and their evaluation (rights.ts). It hands `Rights` to everything
// that lists, finds or runs something for a caller, and `Audience` to the index of documents. It knows neither tools nor
// documents, only their names.
// Types, and the rights of a server without rules.
import type { Rule, RuleFile } from '../../config/access-rules.ts'

export type { Rule, RuleFile }

/** What the rules are about, besides documents. */
export const KINDS = ['tools', 'prompts', 'resources', 'upstreams'] as const
export type Kind = (typeof KINDS)[number]

/** Whom the rules know: what is left of a person once their name and apps no longer matter. */
export interface Principal {
  /** Only if it is proven that the person reads this mailbox. */
  email?: string | undefined
  groups?: readonly string[] | undefined
}

/**
 * Who may see a document, in the words of the rules. Documents with one audience are seen by the same people, whoever
 * they are; so what is counted over them tells nobody anything about other documents.
 */
export interface Audience {
  /** The same for the same people, also after a restart: lower case letters and digits. Empty for everybody without rules. */
  readonly id: string
  /** One of these must fit a caller, and none of `takes`. As in {@link Rule.who}, sorted. */
  readonly gives: readonly string[]
  readonly takes: readonly string[]
}

/** Which documents a caller may see. */
export interface DocumentRights {
  /** The same for the same documents. */
  readonly key: string
  /** @param id as it is indexed, not as it was asked for. */
  may(id: string): boolean
  sees(audience: Omit<Audience, 'id'>): boolean
  /** The rules hide no document from the caller, whichever there are. */
  readonly seesAll: boolean
}

/** What a caller may use. Callers with the same rights share one object as long as the rules stay the same. */
export interface Rights {
  /** The same for the same rights, for caches. */
  readonly key: string
  /** @param names of one thing, for example the name and the URI of a resource: a pattern may mean either. */
  may(kind: Kind, ...names: readonly string[]): boolean
  /**
   * As {@link Rights.may}, for what an upstream offers: a rule gives it by its name or by that of its upstream, and leaves
   * it out by either.
   */
  mayOf(upstream: string, kind: Exclude<Kind, 'upstreams'>, ...names: readonly string[]): boolean
  /** Whether it may have anything of this kind for the caller: what an upstream has, it may say only once it is asked. */
  mayAnyOf(upstream: string, kind: Exclude<Kind, 'upstreams'>): boolean
  readonly documents: DocumentRights
}

export interface AccessRules {
  /** Whether there is a file: without one, everybody may use everything. */
  readonly isOn: boolean
  /** What `without` adds: names of tools, and upstreams as {@link wholeUpstream}, that the person did not give to the app. */
  rightsOf(caller: Principal | null, without?: readonly string[]): Rights
  audienceOf(id: string): Audience
  /** @param names of resources, and their URIs. @throws StartError where a rule names another one. */
  checkResources(names: readonly string[]): void
  /** Called after the rules have changed. */
  onChange(listener: () => void): void
}

/**
 * In {@link AccessRules.rightsOf}'s `without`: an upstream as a whole, also what it offers later. No tool has such a name.
 */
export const wholeUpstream = (name: string): string => `${WHOLE}${name}`
/** @returns undefined for the name of a tool. */
export const upstreamIn = (without: string): string | undefined =>
  without.startsWith(WHOLE) ? without.slice(WHOLE.length) : undefined
const WHOLE = 'upstream:'

export const EVERYBODY: Audience = { id: '', gives: ['everyone'], takes: [] }

/** Without rules. */
export const ALL_RIGHTS: Rights = {
  key: '',
  may: () => true,
  mayOf: () => true,
  mayAnyOf: () => true,
  documents: { key: '', may: () => true, sees: () => true, seesAll: true }
}
