// What existing MCP servers offered last and what has changed in it, in lines for a terminal.
// Tested in test/cli/upstreams.test.ts.
import type { UpstreamSettings } from '../config/upstreams.ts'
import { printable, printableJson } from '../plugins/observability/terminal-text.ts'
import type { Change } from '../plugins/upstreams/catalogue/changes.ts'
import type { Remembered } from '../plugins/upstreams/catalogue/remembered.ts'
import { describeTarget } from '../plugins/upstreams/describe.ts'
import { OperatorError } from './command.ts'

/**
 * @param name of the one to show, with its tools; all of them without it.
 * @throws OperatorError for a name that mcp.json does not have; StorageUnavailable.
 */
export async function describeUpstreams (
  upstreams: readonly UpstreamSettings[],
  remembered: Pick<Remembered, 'lastSeen' | 'changes'>,
  name: string | undefined
): Promise<string> {
  const shown = upstreams.filter((upstream) => name === undefined || upstream.name === name)
  if (shown.length === 0) throw new OperatorError(nothingToShow(upstreams, name))
  const servers = await Promise.all(shown.map((settings) => describeOne(settings, remembered, name !== undefined)))
  const changes = await remembered.changes(shown.map(({ name }) => name))
  return [
    ...servers.flat(),
    '',
    changes.length === 0 ? 'Nothing has changed since they were first seen.' : 'What has changed, oldest first:',
    ...changes.flatMap(describeChange)
  ].join('\n')
}

/** Why there is none. */
export const nothingToShow = (upstreams: readonly UpstreamSettings[], name: string | undefined): string =>
  name === undefined
    ? 'There is no mcp.json, or no server in it. docs/mcp-json.md says how to name one.'
    : `mcp.json has no server ${JSON.stringify(name)}; it has: ${upstreams.map(({ name }) => name).join(', ') || 'none'}`

const NEVER_SEEN = [
  '  never seen: its lists are read when the server runs and can reach it',
  '  If the server runs, its log says why it does not: look for this name. `doctor URL --metrics` names those that are broken.'
]

async function describeOne (
  settings: UpstreamSettings,
  { lastSeen }: Pick<Remembered, 'lastSeen'>,
  withTools: boolean
): Promise<string[]> {
  const head = `${settings.name}  ${printable(describeTarget(settings))}`
  const seen = await lastSeen(settings)
  if (!seen) return [head, ...NEVER_SEEN]
  const { tools, prompts } = seen.catalogue
  const listed = tools.map((tool) => `  ${tool.scopes.join(' ')}  ${tool.name}${tool.name === tool.ownName ? '' : `  (${printable(tool.ownName)})`}`)
  const counts = `${tools.length} tools, ${prompts.length} prompts`
  return [head, `  ${counts}, stored ${minute(seen.at)}`, ...(withTools ? listed : [])]
}

function describeChange ({ at, upstream, tool, prompt, what, before, after, needsLess }: Change): string[] {
  const [kind, entry] = tool === undefined ? ['prompt', prompt] : ['tool', tool]
  const about = entry === undefined ? '' : `  ${kind} ${printable(entry)}`
  const warning = needsLess ? '  (calls need mcp:read now, and needed mcp:write before)' : ''
  return [
    `${minute(at)}  ${upstream}${about}  ${what}${warning}`,
    ...(before === undefined ? [] : [`  before: ${printableJson(before)}`]),
    ...(after === undefined ? [] : [`  after:  ${printableJson(after)}`])
  ]
}

const minute = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`
