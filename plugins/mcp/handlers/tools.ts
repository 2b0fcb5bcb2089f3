// The tools as clients see them, ours and those of upstreams, each caller those that they may use: in one order, with
// their schemas and the scopes they need (MCP "Tools"; OpenAI `securitySchemes`).
import type { Tool } from '../../../authoring/tool.ts'
import type { Rights } from '../../access-rules/contract.ts'
import type { CallableTool, ListedTool, SecurityScheme } from './callable-tool.ts'
import { ownTool } from './own-tool.ts'

export interface ToolRegistry {
  /** By its name, or by one it had before. */
  find(name: string, rights: Rights): CallableTool | undefined
  /** The `tools` of a tools/list result. */
  listedFor(rights: Rights): ListedTool[]
  /** Whether some tool can be called without a sign-in. @param rights of a caller who has not signed in. */
  isOpenFor(rights: Rights): boolean
  /**
   * Offers these tools instead of the previous ones, and what upstreams offer now.
   * @param tools ours; the same as before if absent.
   * @throws Error as {@link createToolRegistry} does; nothing has changed then.
   */
  replace(tools?: readonly Tool[]): void
}

/** What the operator says of a tool beside its own description, by its name. */
type Remarks = Readonly<Record<string, string | undefined>>

export interface RegistryOptions {
  remarks?: Remarks | undefined
  /** The tools of upstreams as they are offered now. */
  relayed?: (() => readonly CallableTool[]) | undefined
}

/**
 * @param signIn whether calls need a token: only then the scopes are listed.
 * @throws Error for a schema that JSON Schema cannot express; it names the tool.
 */
export function createToolRegistry (
  tools: readonly Tool[],
  signIn: boolean,
  { remarks = {}, relayed = () => [] }: RegistryOptions = {}
): ToolRegistry {
  const buildOwn = (tools: readonly Tool[]) => tools.flatMap((tool) => ownTool(tool, remarks[tool.name]))
  let own = buildOwn(tools)
  let current = build([...own, ...relayed()], signIn)
  return {
    find (name, rights) {
      const found = current.byName.get(name)
      return found && mayUse(found, rights) ? found : undefined
    },
    listedFor: (rights) => current.all.filter((tool) => mayUse(tool, rights)).map(({ listed }) => listed),
    isOpenFor: (rights) => current.open.some((tool) => mayUse(tool, rights)),
    replace (tools) {
      if (tools) own = buildOwn(tools)
      current = build([...own, ...relayed()], signIn)
    }
  }
}

const mayUse = ({ upstream, name }: CallableTool, rights: Rights): boolean =>
  upstream === undefined ? rights.may('tools', name) : rights.mayOf(upstream, 'tools', name)

/** @param tools the first of a name has it: nothing that comes later takes its place. */
function build (tools: readonly CallableTool[], signIn: boolean) {
  const byName = new Map<string, CallableTool>()
  const all: CallableTool[] = []
  for (const tool of tools) {
    const name = tool.formerName ?? tool.name
    if (byName.has(name)) continue
    const callable = signIn ? { ...tool, listed: withScopes(tool) } : tool
    byName.set(name, callable)
    if (tool.formerName === undefined) all.push(callable)
  }
  return { byName, all, open: all.filter(({ noauth }) => noauth) }
}

function withScopes ({ listed, noauth, scopes }: CallableTool): ListedTool {
  const securitySchemes: SecurityScheme[] = [...(noauth ? [{ type: 'noauth' as const }] : []), { type: 'oauth2', scopes }]
  // ChatGPT reads the top level; clients that drop unknown members keep _meta.
  return { ...listed, securitySchemes, _meta: { ...listed._meta, securitySchemes } }
}
