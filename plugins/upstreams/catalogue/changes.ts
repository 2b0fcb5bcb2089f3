// What has changed in the lists of an upstream since they were last seen: a server that is trusted today can tell a model
// something else tomorrow ("rug pull", OWASP MCP03; MCP security best practices).
import { isDeepStrictEqual } from 'node:util'
import { printableJson } from '../../observability/terminal-text.ts'
import type { Catalogue, UpstreamPrompt, UpstreamTool } from '../contract.ts'
import type { Change, Log } from './contract.ts'
import { enumerate } from './findings.ts'
import { createTurns } from '../../in-turns.ts'

export type { Change }

const MAX_TEXT = 1_000
/** Characters before the first difference that are shown. */
const MAX_LEAD = 100
/** Changes of one reading that have a line each. */
const MAX_LOGGED = 20

/**
 * In turns with other requests: lists of two million characters take a third of a second.
 * @param before under the same settings as `after`, so that every change is the upstream's.
 */
export async function compare (before: Catalogue, after: Catalogue, upstream: string, at: number): Promise<Change[]> {
  const tools = await compareEntries('tool', before.tools, after.tools, { at, upstream }, textsOfTool)
  return [
    ...differences({ at, upstream }, 'instructions', before.instructions ?? '', after.instructions ?? ''),
    ...tools.map((change) => (needsLess(change, before.tools, after.tools) ? { ...change, needsLess: true as const } : change)),
    ...(await compareEntries('prompt', before.prompts, after.prompts, { at, upstream }, textsOfPrompt))
  ]
}

type Texts = Partial<Record<Change['what'], string>>
type Head = Pick<Change, 'at' | 'upstream' | 'tool' | 'prompt'>

const textsOfTool = ({ listed, ownAnnotations = {} }: UpstreamTool): Texts => ({
  description: listed.description ?? '',
  schema: canonical([listed.inputSchema, listed.outputSchema]),
  annotations: canonical(ownAnnotations),
  title: listed.title ?? ''
})

const textsOfPrompt = ({ listed }: UpstreamPrompt): Texts => ({
  description: listed.description ?? '',
  schema: canonical(listed.arguments ?? []),
  title: listed.title ?? ''
})

async function compareEntries<T extends UpstreamTool | UpstreamPrompt> (
  kind: 'tool' | 'prompt',
  before: readonly T[],
  after: readonly T[],
  head: Head,
  textsOf: (entry: T) => Texts
): Promise<Change[]> {
  const known = new Map(before.map((entry) => [entry.ownName, entry]))
  const compareEntry = (entry: T): Change[] => {
    const about = { ...head, [kind]: entry.ownName }
    const last = known.get(entry.ownName)
    known.delete(entry.ownName)
    if (!last) return [{ ...about, what: 'added' as const, after: cutText(entry.listed.description ?? '') }]
    if (isDeepStrictEqual(entry, last)) return []
    const [texts, former] = [textsOf(entry), textsOf(last)]
    return (Object.keys(texts) as Array<Change['what']>).flatMap((what) => differences(about, what, former[what]!, texts[what]!))
  }
  const changes: Change[] = []
  const turn = createTurns()
  for (const entry of after) {
    await turn()
    changes.push(...compareEntry(entry))
  }
  const removed = [...known.values()].map(({ ownName, listed }) =>
    ({ ...head, [kind]: ownName, what: 'removed' as const, before: cutText(listed.description ?? '') }))
  return [...changes, ...removed]
}

/** @param stored may be no text, where what is stored is damaged: then nothing is known of it. */
function differences (head: Head, what: Change['what'], stored: unknown, after: string): Change[] {
  const before = typeof stored === 'string' ? stored : ''
  if (before === after) return []
  let same = 0
  while (before[same] === after[same]) same++
  const start = Math.max(0, same - MAX_LEAD)
  return [{ ...head, what, before: cutText(before, start), after: cutText(after, start) }]
}

const cutText = (text: string, start = 0): string =>
  `${start > 0 ? '…' : ''}${text.slice(start, start + MAX_TEXT)}${text.length > start + MAX_TEXT ? '…' : ''}`

function needsLess ({ tool, what }: Change, before: readonly UpstreamTool[], after: readonly UpstreamTool[]): boolean {
  const writes = (tools: readonly UpstreamTool[]) => tools.find(({ ownName }) => ownName === tool)?.scopes.includes('mcp:write')
  return what === 'annotations' && writes(before) === true && writes(after) === false
}

/**
 * JSON in which the order of members says nothing: some servers write another one each time.
 */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member
  )

/**
 * One line for each text that has changed, with both, and one for what is new or gone.
 */
export function logChanges (log: Log, upstream: string, changes: readonly Change[]): void {
  const texts = changes.filter(({ what }) => what !== 'added' && what !== 'removed')
  // What lets a caller do more comes first, whatever else has changed.
  const urgentFirst = [...texts.filter(({ needsLess }) => needsLess), ...texts.filter(({ needsLess }) => !needsLess)]
  for (const change of urgentFirst.slice(0, MAX_LOGGED)) log[change.needsLess ? 'error' : 'warn'](describeChange(change))
  if (texts.length > MAX_LOGGED) log.warn(`upstream ${upstream}: ${texts.length - MAX_LOGGED} more texts have changed`)
  for (const what of ['added', 'removed'] as const) {
    const names = changes.filter((change) => change.what === what).map(({ tool, prompt }) => tool ?? prompt ?? '')
    if (names.length > 0) log.info(`upstream ${upstream}: ${what}: ${enumerate(names)}`)
  }
}

/** @returns one line that is safe to print. */
export function describeChange ({ upstream, tool, prompt, what, before, after, needsLess }: Change): string {
  const [kind, name] = tool === undefined ? ['prompt', prompt] : ['tool', tool]
  const owner = name === undefined ? '' : ` of its ${kind} ${printableJson(name)}`
  const texts = [
    ...(before === undefined ? [] : [`before: ${printableJson(before)}`]),
    ...(after === undefined ? [] : [`now: ${printableJson(after)}`])
  ].join('; ')
  if (what === 'added' || what === 'removed') return `upstream ${upstream}: ${what}: its ${kind} ${printableJson(name)}; ${texts}`
  const widened = needsLess
    ? ' Calls need mcp:read now instead of mcp:write. If the tool does more than read, say so in mcp.json with "annotations" or "scopes".'
    : ''
  return `upstream ${upstream}: the ${what}${owner} changed since it was last seen; ${texts}.${widened}`
}
