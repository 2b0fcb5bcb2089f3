// Leaves out of what an upstream answers about resources those that the rules hide from the caller: it knows no rules, and
// reads a folder with all that is in it, and completes a template with all that fits (MCP "Resources", "Completion").
import type { ReadResourceResult } from '@modelcontextprotocol/server'
import type { Rights } from '../../access-rules/contract.ts'
import { selectInTurns } from '../../in-turns.ts'
import type { Completion } from '../handlers/complete.ts'
import type { Completed } from './complete.ts'
import { beginTurns, type Owners } from './owners.ts'

type Contents = ReadResourceResult['contents']

/** @param uri that was asked for, and may be read. */
export const withoutHidden = (contents: Contents, upstream: string, uri: string, rights: Rights, owners: Owners): Promise<Contents> =>
  selectInTurns(contents, beginTurns(), (content) =>
    content.uri === uri || !owners.hides(upstream, content.uri, rights) ? content : undefined)

/** @returns also no total where something is left out, since that would count it. */
export async function completedFor (
  { completion }: Completion,
  { ref, argument, context }: Completed & { ref: { uri: string } },
  upstream: string,
  rights: Rights,
  owners: Owners
): Promise<Completion> {
  const { values, total: _, ...more } = completion
  const given = new Map(Object.entries(context?.arguments ?? {}).map(([name, value]) => [nameOf(name), value]))
  const expandWith = (value: string) => expand(ref.uri, given.set(nameOf(argument.name), value))
  const left = await selectInTurns(values, beginTurns(), (value) =>
    owners.mayRead(upstream, expandWith(value), rights) ? value : undefined)
  return { completion: left.length === values.length ? completion : { ...more, values: left } }
}

/** Of an argument that is none of the template nobody could say what its values are, and an upstream may look at no name. */
export const hasArgument = (template: string, name: string): boolean =>
  template.matchAll(EXPRESSION).some(([, , names]) => names!.split(',').some((variable) => nameOf(variable) === nameOf(name)))

/** Without what modifies a variable (RFC 6570 §2.4) and blanks, which are a part of its name in some programs. */
const nameOf = (variable: string): string => variable.replaceAll('*', '').split(':', 1)[0]!.trim()

/** RFC 6570 §2.2. */
const EXPRESSION = /\{([+#./;?&]?)([^{}]*)\}/g
const SEPARATORS: Readonly<Record<string, string>> = { '.': '.', '/': '/', ';': ';', '?': '&', '&': '&' }
const NAMED = new Set([';', '?', '&'])
/** Stands for what nobody has typed yet. */
const ANY = '_'
/** Characters. No URI that is longer can be read. */
const MAX_VALUE = 2_048

/** Forms of which nothing can be read backwards as well: an upstream may use any. */
function expand (template: string, values: ReadonlyMap<string, string>): string {
  return template.replaceAll(EXPRESSION, (_, operator: string, names: string) => {
    const written = names.split(',').map((variable) => {
      const name = nameOf(variable)
      const value = (values.get(name) ?? ANY).slice(0, MAX_VALUE + 1).toWellFormed()
      const encoded = operator === '+' || operator === '#' ? encodeURI(value) : encodeURIComponent(value)
      return NAMED.has(operator) ? `${name}=${encoded}` : encoded
    })
    return `${operator === '+' ? '' : operator}${written.join(SEPARATORS[operator] ?? ',')}`
  })
}
