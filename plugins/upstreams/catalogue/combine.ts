// All upstreams' tools and prompts in one list, in which every name is there once: no upstream can take the name of a tool of
// ours, or of one that comes before it in the file (OWASP AISVS 10, tool shadowing).
import type { Catalogue, UpstreamPrompt, UpstreamTool } from '../contract.ts'
import type { Log } from './contract.ts'
import { enumerate, warnOnce } from './findings.ts'

/**
 * All upstreams' tools and prompts, each name once; newcomers that clash are left out with a log line.
 * @param catalogues in the order of the file.
 * @param own names of this server's own tools, with former ones, and of its prompts.
 * @param log the same one each time, so that no line is repeated.
 */
export function combine (
  catalogues: readonly Catalogue[],
  own: { tools: readonly string[]; prompts: readonly string[] },
  log: Log
): { tools: UpstreamTool[]; prompts: UpstreamPrompt[] } {
  return {
    tools: withoutClashes('tools', catalogues.flatMap(({ tools }) => tools), own.tools, log),
    prompts: withoutClashes('prompts', catalogues.flatMap(({ prompts }) => prompts), own.prompts, log)
  }
}

function withoutClashes<T extends { upstream: string; name: string }> (
  kind: string,
  entries: readonly T[],
  own: readonly string[],
  log: Log
): T[] {
  const ownerOf = new Map(own.map((name) => [name, 'this server']))
  const isNew = (entry: T) => {
    if (ownerOf.has(entry.name)) return false
    ownerOf.set(entry.name, `the upstream ${entry.upstream}`)
    return true
  }
  const [first, others] = [[] as T[], [] as T[]]
  for (const entry of entries) (isNew(entry) ? first : others).push(entry)
  for (const [upstream, clashing] of Map.groupBy(others, (entry) => entry.upstream)) {
    for (const [owner, same] of Map.groupBy(clashing, ({ name }) => ownerOf.get(name))) {
      warnOnce(
        log,
        upstream,
        `these ${kind} are left out, because ${owner} has the same names: ${enumerate(same.map(({ name }) => name))}. ` +
          `Give ${upstream} another "prefix" in mcp.json`
      )
    }
  }
  return first
}
