// ACCESS: reads access.json, the file that says who may use what, and names what is wrong with it by its line.
// Tested in test/config/access-rules.test.ts.
import { lstatSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import type { Offer } from '../authoring/loader/load.ts'
import { readJsonFile, type Issue } from './json-file.ts'
import type { UpstreamSettings } from './upstreams.ts'

const MAX_ENTRIES = 1_000

const names = (description: string) => z.array(z.string().min(1).max(500)).max(MAX_ENTRIES).describe(description).optional()

const rule = z.strictObject({
  who: z
    .array(z.string().min(1).max(320))
    .min(1)
    .max(MAX_ENTRIES)
    .describe('Whom the rule is for: "everyone", names of groups, e-mail addresses, "@example.com" for a domain.'),
  tools: names('Names of tools. "*" stands for any text, "!" before a name leaves it out.'),
  documents: names('Paths in the folder of documents. "*" stands for any text without "/", "**" for any text.'),
  prompts: names('Names of prompts, as tools.'),
  resources: names('Names or URIs of resources, as tools.'),
  upstreams: names('Names of existing MCP servers, as tools.')
})

const file = z
  .strictObject({
    $schema: z.string().optional(),
    groups: z
      .record(z.string().regex(/^[^@!*]+$/).max(200), z.array(z.string().min(1).max(320)).max(10_000))
      .default({})
      .describe('Each group with its members, by e-mail address or "@example.com". Empty if members come from a provider or a command.'),
    rules: z.array(rule).max(MAX_ENTRIES)
  })
  .describe('Who may use what. What no rule gives is not there for a caller.')

/** Published as access.schema.json, for editors. */
export const accessSchema = (): object => z.toJSONSchema(file, { io: 'input' })

export type RuleFile = Omit<z.infer<typeof file>, '$schema'>
export type Rule = RuleFile['rules'][number]

/** Kinds of things with names that are known when the file is read. */
export type KnownNames = Partial<Record<Exclude<keyof Rule, 'who' | 'documents'>, readonly string[]>>

/** `lines`: where each rule begins, from 1. */
export type ReadRules = { rules: RuleFile; lines: number[] } | { problems: string[] }

/**
 * @param named the variable ACCESS; without it, access.json counts if it is there.
 * @param docsDir where a path that is a folder is told from that of a document.
 */
export function createAccessReader (named: string | undefined, folder: string, docsDir?: string) {
  const path = resolve(folder, named ?? 'access.json')
  let known: KnownNames = {}
  let upstreams: ReadonlyArray<Pick<UpstreamSettings, 'name' | 'prefix'>> | undefined
  const read = (resources = known.resources) => {
    known = { ...known, ...(resources && { resources }) }
    const names = { ...known, ...(upstreams && { upstreams: namesOf(upstreams) }) }
    return readAccessFile(path, names, docsDir, upstreams?.map(({ prefix }) => prefix))
  }
  return {
    path,
    /** @param resources names and URIs that the file may use from now on: tools add some once they are open. */
    read,
    exists: () => isThere(path),
    /** Hands on what is offered from now on, whose names the file may use. */
    follow (offer: Offer): Offer {
      known = { ...known, tools: namesOf(offer.tools), prompts: namesOf(offer.prompts) }
      return offer
    },
    /** The file may name these upstreams, and what they offer, from now on. */
    followUpstreams (now: ReadonlyArray<Pick<UpstreamSettings, 'name' | 'prefix'>>): void {
      upstreams = now
    },
    /** What is wrong with the file, in sentences for the operator. */
    problems (): string[] {
      try {
        if (!isThere(path)) return named === undefined ? [] : [`ACCESS: there is no file ${path}; correct the path, or remove the variable`]
        const found = read()
        return 'problems' in found ? found.problems : []
      } catch (error) {
        return [`ACCESS: ${path} cannot be read: ${(error as Error).message}`]
      }
    }
  }
}

/** A link is there, wherever it leads: rules that cannot be read are not no rules (threat RU-16). */
const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

const namesOf = (things: ReadonlyArray<{ name: string }>): string[] => things.map(({ name }) => name)

/**
 * @param prefixes of what upstreams offer, whose names are not known yet.
 * @returns the rules, or a sentence for each thing that is wrong, with its line. @throws when the file cannot be read.
 */
export function readAccessFile (
  path: string,
  known: KnownNames,
  docsDir?: string,
  prefixes?: readonly string[]
): ReadRules {
  const source = readJsonFile(path)
  if ('problems' in source) return source
  const { value, at, lineOf } = source
  const parsed = file.safeParse(value)
  if (!parsed.success) {
    return { problems: parsed.error.issues.map((issue) => at(keysOf(issue), `${nameOf(issue.path)}: ${remedyOf(issue)}`)) }
  }
  const { $schema: _, ...rules } = parsed.data
  const unknown = findUnknown(rules, known, docsDir, prefixes).map(({ keys, problem }) => at(keys, problem))
  return unknown.length > 0 ? { problems: unknown } : { rules, lines: rules.rules.map((_, index) => lineOf(['rules', index])) }
}

/** Of a mailbox or a domain. People are not left out by `!`, nor meant by `*`; nobody has an address with a blank. */
const isAddress = (text: string): boolean => /^[^\s!*]*@[^\s!*@]+$/.test(text)

interface Problem {
  keys: PropertyKey[]
  problem: string
}

/** Of what is wrong; of a member too many, its own. */
const keysOf = ({ path, ...issue }: Issue): PropertyKey[] =>
  issue.code === 'unrecognized_keys' ? [...path, issue.keys[0]!] : [...path]

/** Where something stands, as one counts: `rule 2, tools`. */
const nameOf = ([first, second, third]: readonly PropertyKey[]): string => {
  if (first === undefined) return 'the file'
  if (first !== 'rules' || second === undefined) return [first, second].filter((key) => key !== undefined).join('.')
  return [`rule ${Number(second) + 1}`, ...(third === undefined ? [] : [String(third)])].join(', ')
}

/** What to write instead. */
function remedyOf ({ path, ...issue }: Issue): string {
  if (issue.code === 'unrecognized_keys') {
    const members = Object.keys((path.length === 0 ? file : rule).shape).filter((name) => name !== '$schema')
    return `there is no member ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}; there are ${members.join(', ')}`
  }
  if (issue.code === 'invalid_key') return 'the name of a group has 1 to 200 characters, and no @, ! or *'
  if (issue.code !== 'invalid_type' && issue.code !== 'too_small') return issue.message
  const [first, second, member] = path
  if (first === undefined) return 'write { "rules": [ … ] }; docs/who-may-use-what.md has an example'
  if (first === 'groups') {
    return second === undefined
      ? 'write each group with its members, such as { "finance": ["ann@example.com"] }'
      : 'write a list of addresses, such as ["ann@example.com", "@example.com"], or []'
  }
  if (first !== 'rules') return issue.message
  if (member === undefined) return 'write rules in a list, such as [{ "who": ["everyone"], "tools": ["*"] }]'
  return member === 'who' ? 'write whom the rule is for, such as ["everyone"] or ["finance"]' : 'write a list of names, such as ["search"]'
}

/** What is meant by a path that no document can have: it would hide nothing without a word. */
function findPath (item: string, docsDir: string | undefined): string | undefined {
  const [, not, path] = /^(!?)(.*)$/su.exec(item)!
  // The id of a source may have any form.
  if (path!.includes(':')) return undefined
  const clean = path!.replaceAll('\\', '/').replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '/**')
  const meant = `${not}${docsDir !== undefined && isFolder(join(docsDir, clean)) ? `${clean}/**` : clean}`
  return meant === item ? undefined : meant
}

function isFolder (path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/** Names that nothing has: a misspelled one would give or deny nothing without a word. */
function findUnknown (
  { groups, rules }: RuleFile,
  known: KnownNames,
  docsDir: string | undefined,
  prefixes: readonly string[] = []
): Problem[] {
  const found: Problem[] = []
  const isGroup = (who: string) => who === 'everyone' || isAddress(who) || Object.hasOwn(groups, who)
  if (Object.hasOwn(groups, 'everyone')) found.push({ keys: ['groups', 'everyone'], problem: '"everyone" is not a group' })
  for (const [group, members] of Object.entries(groups)) {
    for (const [index, member] of members.entries()) {
      if (!isAddress(member)) {
        found.push({ keys: ['groups', group, index], problem: `${JSON.stringify(member)} is no address; write ann@example.com or @example.com` })
      }
    }
  }
  for (const [index, rule] of rules.entries()) {
    for (const [place, who] of rule.who.entries()) {
      if (isGroup(who)) continue
      const declared = Object.keys(groups).sort().join(', ') || 'none'
      const problem = /[!*@]/.test(who)
        ? `${JSON.stringify(who)} means nobody; write "everyone", a group, an address or "@example.com"`
        : `there is no group ${JSON.stringify(who)}; add it to "groups", with [] if a provider or a command names its members. ` +
          `There are ${declared}`
      found.push({ keys: ['rules', index, 'who', place], problem })
    }
    for (const [place, item] of (rule.documents ?? []).entries()) {
      const meant = findPath(item, docsDir)
      if (meant === undefined) continue
      const problem = `no document has the path ${JSON.stringify(item)}; write ${JSON.stringify(meant)}`
      found.push({ keys: ['rules', index, 'documents', place], problem })
    }
    for (const kind of Object.keys(known) as Array<keyof KnownNames>) {
      for (const [place, item] of (rule[kind] ?? []).entries()) {
        const name = item.replace(/^!/, '')
        if (name.includes('*') || known[kind]!.includes(name) || mayBeUpstreams(kind, name, prefixes)) continue
        const problem = `there is no ${kind.slice(0, -1)} ${JSON.stringify(name)}; there are ${[...known[kind]!].sort().join(', ') || 'none'}`
        found.push({ keys: ['rules', index, kind, place], problem })
      }
    }
  }
  return found
}

/** What an upstream offers is asked for later. Its resources have their own names and URIs. */
const mayBeUpstreams = (kind: keyof KnownNames, name: string, prefixes: readonly string[]): boolean =>
  kind !== 'upstreams' && prefixes.some((prefix) => kind === 'resources' || name.startsWith(prefix))
