// Which existing servers somebody may use through an app: for the consent and the account page, and for what the server says
// of them to a client.
import type { Rights } from '../access-rules/contract.ts'
import type { Upstream, Upstreams } from './contract.ts'

/**
 * @param scopes of the app. @returns names, in the order of the file: those that offer at least one thing to the caller.
 * Of one whose lists were never read, the rules about its name decide.
 */
export function usableUpstreams ({ all }: Pick<Upstreams, 'all'>, rights: Rights, scopes: readonly string[]): string[] {
  return all.filter((upstream) => isUsable(upstream, rights, scopes)).map(({ settings }) => settings.name)
}

/** Whether at least one thing of it is there for a caller. */
export function isUsable (
  { settings, catalogue }: Pick<Upstream, 'settings' | 'catalogue'>,
  rights: Rights,
  scopes: readonly string[]
): boolean {
  const { name: upstream } = settings
  const { tools, prompts, templates, uris, hasResources } = catalogue
  const reads = scopes.includes('mcp:read')
  if (tools.length === 0 && prompts.length === 0 && !hasResources) return rights.may('upstreams', upstream)
  const resources = [...uris.map((uri) => [uri]), ...templates.map(({ name, uriTemplate }) => [name, uriTemplate])]
  return (
    tools.some(({ name, scopes: needed }) => needed.every((scope) => scopes.includes(scope)) && rights.mayOf(upstream, 'tools', name)) ||
    (reads && prompts.some(({ name }) => rights.mayOf(upstream, 'prompts', name))) ||
    (reads && hasResources && (rights.may('upstreams', upstream) || resources.some((names) => rights.mayOf(upstream, 'resources', ...names))))
  )
}
