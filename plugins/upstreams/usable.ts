// Which existing servers somebody may use through an app: for the consent and the account page, and for what the server says
// of them to a client.
import type { Rights } from '../access-rules/contract.ts'
import type { Upstream, Upstreams } from './contract.ts'

type Known = Pick<Upstream, 'settings' | 'catalogue'>

/** Rules are asked about whatever a caller may not use, for each of hundreds of apps on one page: in turns with what others ask. */
type Turn = () => Promise<void> | undefined

/**
 * @param scopes of the app.
 * @param turn see `createTurnsOf`.
 * @returns names, in the order of the file: those that offer at least one thing to the caller.
 * Of one whose lists were never read, the rules about its name decide.
 */
export async function usableUpstreams (
  { all }: Pick<Upstreams, 'all'>,
  rights: Rights,
  scopes: readonly string[],
  turn: Turn
): Promise<string[]> {
  const usable: string[] = []
  for (const upstream of all) {
    for (const may of decisions(upstream, rights, scopes)) {
      const waiting = turn()
      if (waiting) await waiting
      if (!may) continue
      usable.push(upstream.settings.name)
      break
    }
  }
  return usable
}

/** As {@link usableUpstreams}, for all apps of a person: most have the same rights and scopes. */
export function usableOnPage (
  upstreams: Pick<Upstreams, 'all'>,
  turn: Turn
): (rights: Rights, scopes: readonly string[]) => Promise<string[]> {
  const known = new Map<string, Promise<string[]>>()
  return (rights, scopes) => {
    const key = JSON.stringify([rights.key, scopes])
    const usable = known.get(key) ?? usableUpstreams(upstreams, rights, scopes, turn)
    known.set(key, usable)
    return usable
  }
}

/** Whether at least one thing of it is there for a caller. */
export function isUsable (upstream: Known, rights: Rights, scopes: readonly string[]): boolean {
  for (const may of decisions(upstream, rights, scopes)) if (may) return true
  return false
}

/** Whether the caller may use each thing of it, one after the other. */
function * decisions ({ settings, catalogue }: Known, rights: Rights, scopes: readonly string[]): Iterable<boolean> {
  const { name: upstream } = settings
  const { tools, prompts, templates, uris, hasResources } = catalogue
  const reads = scopes.includes('mcp:read')
  if (tools.length === 0 && prompts.length === 0 && !hasResources) return yield rights.may('upstreams', upstream)
  for (const { name, scopes: needed } of tools) {
    yield needed.every((scope) => scopes.includes(scope)) && rights.mayOf(upstream, 'tools', name)
  }
  if (!reads) return
  for (const { name } of prompts) yield rights.mayOf(upstream, 'prompts', name)
  if (!hasResources) return
  yield rights.may('upstreams', upstream)
  for (const uri of uris) yield rights.mayOf(upstream, 'resources', uri)
  for (const { name, uriTemplate } of templates) yield rights.mayOf(upstream, 'resources', name, uriTemplate)
}
