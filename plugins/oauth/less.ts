// Less than an app asked for: what a person may take away on the consent page,
// and how pages and mail say it (RFC 6749 §3.3).
import type { Tool } from '../../authoring/tool.ts'
import type { Words } from '../../languages/index.ts'
import { upstreamIn, wholeUpstream, type Rights } from '../access-rules/contract.ts'
import type { Grant } from './grants/contract.ts'
import type { Parameters } from './parameters.ts'

const READ = 'mcp:read'
const WRITE = 'mcp:write'
/** Names of tools that are written out in one line. */
const MAX_NAMED = 12

/**
 * What the form can take away, and whether it is ticked. It has no way to name anything else.
 */
export interface Choice {
  /** Absent for an app that does not ask for both reading and writing. */
  readOnly?: { isTicked: boolean }
  tools: Array<{ name: string; title: string; isTicked: boolean }>
  /**
   * Existing servers behind this one. Each is left out as a whole: one may have a thousand
   * tools, and others tomorrow.
   */
  upstreams: Array<{ name: string; isTicked: boolean }>
}

type Offered = Pick<Tool, 'name' | 'title' | 'scopes' | 'noauth' | 'aliases'>
type Given = Pick<Grant, 'scopes' | 'declined' | 'without'>

/**
 * @param scopes that the app asks for.
 * @param rights of the person.
 * @param last what they gave this app the last time: it is ticked again,
 * also what is not offered at present.
 * @param upstreams that the person may use through the app (`usableUpstreams`).
 */
export function choiceOf (
  scopes: readonly string[],
  tools: readonly Offered[],
  rights: Rights,
  last?: Given,
  upstreams: readonly string[] = []
): Choice {
  const isBoth = scopes.includes(READ) && scopes.includes(WRITE)
  const before = new Set(last?.without)
  const shown: Choice['tools'] = []
  for (const { name, title, scopes: needed, noauth, aliases = [] } of tools) {
    const isTicked = [name, ...aliases].filter((each) => before.delete(each)).length > 0
    const isInScope = noauth || needed.every((scope) => scopes.includes(scope))
    if (isTicked || (isInScope && rights.may('tools', name))) shown.push({ name, title, isTicked })
  }
  const servers = upstreams.map((name) => ({ name, isTicked: before.delete(wholeUpstream(name)) }))
  const away = [...before].filter((name) => upstreamIn(name) === undefined)
  return {
    ...(isBoth && { readOnly: { isTicked: last?.declined?.includes(WRITE) ?? false } }),
    tools: [
      ...shown,
      ...away.map((name) => ({ name, title: name, isTicked: true }))
    ],
    upstreams: [
      ...servers,
      ...[...before].flatMap((name) => upstreamIn(name) ?? []).map((name) => ({ name, isTicked: true }))
    ]
  }
}

export const READ_ONLY_FIELD = 'read_only'
export const toolField = (name: string): string => `without.${name}`

/**
 * @returns what is left after what is ticked in the form.
 * Fields that are not of the choice are not read.
 */
export function takeAway (
  form: Pick<Parameters, 'get'>,
  { readOnly, tools, upstreams }: Choice,
  scopes: readonly string[]
): Required<Given> {
  const declined = readOnly && form.get(READ_ONLY_FIELD) !== undefined ? [WRITE] : []
  return {
    scopes: scopes.filter((scope) => !declined.includes(scope)),
    declined,
    without: [...tools.map(({ name }) => name), ...upstreams.map(({ name }) => wholeUpstream(name))].filter(
      (name) => form.get(toolField(name)) !== undefined
    )
  }
}

/**
 * In short phrases, for the account page and the notice by mail; empty for an app that may do
 * all.
 */
export function describeLess (words: Words, { scopes, without = [] }: Pick<Given, 'scopes' | 'without'>): string[] {
  const names = without.map((name) => {
    const server = upstreamIn(name)
    return server === undefined ? name : words.text('common.allOf', { server })
  })
  return [
    ...(scopes.includes(READ) && !scopes.includes(WRITE) ? [words.text('common.readOnly')] : []),
    ...(without.length > 0 ? [words.text('common.without', { tools: nameSome(words, names) })] : [])
  ]
}

/** In one line, the first of them by name. */
export function nameSome (words: Words, names: readonly string[]): string {
  const more = names.length - MAX_NAMED
  if (more <= 0) return words.list(names)
  return words.text('common.andMore', { names: names.slice(0, MAX_NAMED).join(', '), more })
}
