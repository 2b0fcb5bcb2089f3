// What is offered behind the door: whether the assistants will take the tools, and take them for what they are.
import { McpFault, openMcp, speaksModern, type McpCaller } from './mcp.ts'
import { objectOf } from './http.ts'
import type { Report } from './report.ts'

interface Listed {
  name: string
  description?: string
  annotations?: Record<string, unknown>
  inputSchema?: Record<string, unknown>
}

const HINTS = ['readOnlyHint', 'destructiveHint', 'openWorldHint']
const MAX_TOOLS = 128
const MAX_NAME_LENGTH = 64

/** @param token nothing where the server asks for none. */
export async function checkTools (report: Report, url: URL, token: string | undefined): Promise<void> {
  report.section('What is offered')
  try {
    const mcp = await openMcp(url, token)
    const modern = await speaksModern(url, token)
    report.pass(`The server speaks MCP ${String(mcp.server['protocolVersion'])}${modern ? ' and 2026-07-28' : ''}.`)
    const tools = await listTools(mcp)
    checkList(report, tools)
    await checkSearch(report, mcp, tools)
  } catch (error) {
    if (!(error instanceof McpFault)) throw error
    report.fail(`The server refuses what a client asks: ${error.message}`, 'Look at the server’s log at this moment.')
  }
}

/** Whether a token opens the server. */
export async function isOpenTo (url: URL, token: string): Promise<boolean> {
  try {
    await openMcp(url, token)
    return true
  } catch (error) {
    if (error instanceof McpFault) return false
    throw error
  }
}

async function listTools (mcp: McpCaller): Promise<Listed[]> {
  const tools: Listed[] = []
  for (let cursor: unknown; ;) {
    const page = await mcp.call('tools/list', typeof cursor === 'string' ? { cursor } : {})
    tools.push(...(page['tools'] as Listed[]))
    cursor = page['nextCursor']
    if (typeof cursor !== 'string' || tools.length > 10_000) return tools
  }
}

function checkList (report: Report, tools: Listed[]): void {
  if (tools.length === 0) {
    report.fail(
      'There are no tools.',
      'ChatGPT shows "No app actions available". If there should be some: are they left out for want of a setting, or of a scope?'
    )
    return
  }
  report.pass(`There are ${tools.length} tools: ${tools.map(({ name }) => name).join(', ')}`)
  if (tools.length > MAX_TOOLS) { report.warn(`More than ${MAX_TOOLS} tools.`, 'VS Code takes no more, and models choose worse among many.') }
  const named = (problem: (tool: Listed) => boolean) =>
    tools
      .filter(problem)
      .map(({ name }) => name)
      .join(', ')
  const unhinted = named(({ annotations }) => !HINTS.every((hint) => typeof annotations?.[hint] === 'boolean'))
  if (unhinted) {
    report.warn(
      `Without all of ${HINTS.join(', ')}: ${unhinted}`,
      'ChatGPT takes a tool without them for one that destroys, and asks before each call.'
    )
  }
  const undescribed = named(({ description }) => !description)
  if (undescribed) report.warn(`Without a description: ${undescribed}`, 'Models choose a tool by its description.')
  const odd = named(({ name }) => name.length > MAX_NAME_LENGTH || !/^[\w-]+$/.test(name))
  if (odd) report.fail(`Names that clients refuse: ${odd}`, `Use up to ${MAX_NAME_LENGTH} letters, digits, _ and -.`)
  const unshaped = named(({ inputSchema }) => inputSchema?.['type'] !== 'object')
  if (unshaped) report.fail(`Without an inputSchema of type object: ${unshaped}`, 'Clients drop the whole list.')
}

/** OpenAI's contract for deep research: `search` and `fetch`, each with JSON in the first text. */
async function checkSearch (report: Report, mcp: McpCaller, tools: Listed[]): Promise<void> {
  const has = (name: string) => tools.some((tool) => tool.name === name)
  if (!has('search') || !has('fetch')) {
    report.pass('There is no pair of search and fetch; only ChatGPT’s deep research would need it.')
    return
  }
  const results = objectOf(await firstText(mcp, 'search', { query: 'the' }))?.['results']
  if (!Array.isArray(results)) {
    report.fail(
      'search does not answer as ChatGPT’s deep research needs it.',
      'The first text must be JSON: { "results": [{ "id", "title", "url" }] }.'
    )
    return
  }
  const [first] = results as Array<Record<string, unknown>>
  if (!first) {
    report.pass('search answers in the right shape; it found nothing for "the".')
    return
  }
  const lacking = missing(first, ['id', 'title', 'url'])
  if (lacking) report.fail(`A result of search has no ${lacking}.`, 'Each needs id, title and url, as texts.')
  const document = objectOf(await firstText(mcp, 'fetch', { id: first['id'] }))
  const absent = document ? missing(document, ['id', 'title', 'text', 'url']) : 'JSON'
  if (absent) {
    report.fail(
      `What fetch answers has no ${absent}.`,
      'The first text must be JSON: { "id", "title", "text", "url" }.'
    )
  } else if (!lacking) report.pass('search and fetch answer as ChatGPT’s deep research needs it.')
}

const missing = (value: Record<string, unknown>, names: string[]): string =>
  names.filter((name) => typeof value[name] !== 'string').join(', ')

async function firstText (mcp: McpCaller, name: string, args: Record<string, unknown>): Promise<string> {
  const { content } = await mcp.call('tools/call', { name, arguments: args })
  return Array.isArray(content) ? String((content[0] as { text?: unknown } | undefined)?.text) : ''
}
