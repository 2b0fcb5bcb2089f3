// What the operator's settings make of the lists of an upstream: which tools there are, under which names, with which
// annotations and scopes.
import type { ToolAnnotations } from '@modelcontextprotocol/client'
import type { ToolScope } from '../../../authoring/context.ts'
import type { UpstreamSettings } from '../../../config/upstreams.ts'
import { textPattern } from '../../access-rules/patterns.ts'
import type { Catalogue, UpstreamTool } from '../contract.ts'
import type { OwnLists } from './contract.ts'
import type { Findings } from './findings.ts'
import { fitName, isInherited } from './names.ts'

export interface ToolFilter {
  /** @param ownName as the upstream calls the tool. */
  lets(ownName: string): boolean
  /** Patterns that fitted nothing so far. */
  unused(): string[]
}

export function createToolFilter ({ allow, deny }: UpstreamSettings): ToolFilter {
  const used = new Set<string>()
  const listed = (patterns: readonly string[]) => {
    const compiled = patterns.map((pattern) => ({ pattern, fits: textPattern(pattern) }))
    return (name: string) => {
      const fitting = compiled.filter(({ fits }) => fits(name))
      for (const { pattern } of fitting) used.add(pattern)
      return fitting.length > 0
    }
  }
  const isAllowed = allow ? listed(allow) : () => true
  const isDenied = listed(deny)
  return {
    lets (ownName) {
      const denied = isDenied(ownName)
      return isAllowed(ownName) && !denied
    },
    unused: () => [...(allow ?? []), ...deny].filter((pattern) => !used.has(pattern))
  }
}

/** @param findings gets what has no name of its own. */
export function arrange (lists: OwnLists, settings: UpstreamSettings, findings: Findings): Catalogue {
  const filter = createToolFilter(settings)
  const hintsFor = byPatterns(settings.annotations)
  const scopesFor = byPatterns(settings.scopes)
  const tools = named('tools', lists.tools.filter(({ name }) => filter.lets(name)), settings, findings)
  return {
    tools: tools.map(({ name, entry }): UpstreamTool => {
      const annotations = correctedHints([entry.annotations ?? {}, ...hintsFor(entry.name)])
      return {
        upstream: settings.name,
        name,
        ownName: entry.name,
        ownAnnotations: entry.annotations,
        listed: { ...entry, name, annotations },
        scopes: scopesFor(entry.name).at(-1) ?? defaultScopes(annotations),
        timeoutMs: settings.timeoutMs
      }
    }),
    prompts: named('prompts', lists.prompts, settings, findings).map(({ name, entry }) => ({
      upstream: settings.name,
      name,
      ownName: entry.name,
      listed: { ...entry, name }
    })),
    templates: lists.templates,
    hasResources: lists.hasResources,
    instructions: lists.instructions,
    uris: lists.uris
  }
}

/** The same lists as the upstream has them, for {@link arrange} under other settings. */
export const ownListsOf = ({ tools, prompts, templates, hasResources, instructions, uris }: Catalogue): OwnLists => ({
  tools: tools.map(({ ownName, ownAnnotations, listed: { annotations: _, ...listed } }) => ({
    ...listed,
    name: ownName,
    ...(ownAnnotations && { annotations: ownAnnotations })
  })),
  prompts: prompts.map(({ ownName, listed }) => ({ ...listed, name: ownName })),
  templates,
  hasResources,
  instructions,
  uris
})

/** Each under a name that no other has: the first one in the upstream's own order keeps it. */
function named<T extends { name: string }> (
  kind: string,
  entries: readonly T[],
  { prefix }: UpstreamSettings,
  findings: Findings
): Array<{ name: string; entry: T }> {
  const taken = new Set<string>()
  return entries.flatMap((entry) => {
    const name = fitName(prefix + entry.name)
    if (isInherited(name)) {
      findings.add(`these ${kind} are left out, because every JavaScript object has their name. Set "prefix" to list them`, entry.name)
      return []
    }
    if (taken.has(name)) {
      findings.add(`these ${kind} are left out, because one before them has the name that clients would see`, entry.name)
      return []
    }
    taken.add(name)
    return [{ name, entry }]
  })
}

function byPatterns<T> (pairs: ReadonlyArray<readonly [pattern: string, value: T]>): (ownName: string) => T[] {
  const compiled = pairs.map(([pattern, value]) => ({ fits: textPattern(pattern), value }))
  return (ownName) => compiled.filter(({ fits }) => fits(ownName)).map(({ value }) => value)
}

/** For each hint the last that gives it counts; what nobody gives is MCP's default ("ToolAnnotations"). */
function correctedHints (given: readonly ToolAnnotations[]): ToolAnnotations {
  const hints: ToolAnnotations = Object.assign({}, ...given)
  const readOnlyHint = hints.readOnlyHint ?? false
  return { ...hints, readOnlyHint, destructiveHint: hints.destructiveHint ?? !readOnlyHint, openWorldHint: hints.openWorldHint ?? true }
}

const defaultScopes = ({ readOnlyHint }: ToolAnnotations): readonly ToolScope[] =>
  readOnlyHint === true ? ['mcp:read'] : ['mcp:write']
