// The tools behind the sign-in: whether the assistants accept them, and treat them as what they are.
import { McpError, openMcp, supportsModern, type McpCaller } from './mcp.ts'
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
/** A server may say each time that there is one more. */
const MAX_PAGES = 100

/** @param token `undefined` where the server requires none. */
export async function checkTools (report: Report, url: URL, token: string | undefined): Promise<void> {
  report.section('Tools')
  try {
    const mcp = await openMcp(url, token)
    const modern = await supportsModern(url, token)
    report.pass(`The server speaks MCP ${String(mcp.server['protocolVersion'])}${modern ? ' and 2026-07-28' : ''}.`)
    const tools = await listTools(mcp)
    checkList(report, tools)
    await checkSearch(report, mcp, tools)
  } catch (error) {
    if (!(error instanceof McpError)) throw error
    report.fail(`The server refuses a client’s request: ${error.message}`, 'Check the server’s log for this moment.')
  }
}

/** Whether the server accepts a token. */
export async function acceptsToken (url: URL, token: string): Promise<boolean> {
  try {
    await openMcp(url, token)
    return true
  } catch (error) {
    if (error instanceof McpError) return false
    throw error
  }
}

async function listTools (mcp: McpCaller): Promise<Listed[]> {
  const tools: Listed[] = []
  let cursor: unknown
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const page = await mcp.call('tools/list', typeof cursor === 'string' ? { cursor } : {})
    tools.push(...(page['tools'] as Listed[]))
    cursor = page['nextCursor']
    if (typeof cursor !== 'string' || tools.length > 10_000) return tools
  }
  throw new McpError(`its list of tools does not end after ${MAX_PAGES} pages`)
}

function checkList (report: Report, tools: Listed[]): void {
  if (tools.length === 0) {
    report.fail(
      'There are no tools.',
      'ChatGPT shows "No app actions available". If there should be some, check whether they need a setting or a scope.'
    )
    return
  }
  report.pass(`There are ${tools.length} tools: ${tools.map(({ name }) => name).join(', ')}`)
  if (tools.length > MAX_TOOLS) {
    report.warn(`More than ${MAX_TOOLS} tools.`, 'VS Code accepts no more, and models choose worse among many.')
  }
  const named = (problem: (tool: Listed) => boolean) =>
    tools
      .filter(problem)
      .map(({ name }) => name)
      .join(', ')
  const unhinted = named(({ annotations }) => !HINTS.every((hint) => typeof annotations?.[hint] === 'boolean'))
  if (unhinted) {
    report.warn(
      `Not all of ${HINTS.join(', ')} are set: ${unhinted}`,
      'ChatGPT treats a tool without them as destructive, and asks before each call.'
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
    report.pass('There are no search and fetch tools; only ChatGPT’s deep research needs them.')
    return
  }
  const results = objectOf(await firstText(mcp, 'search', { query: 'the' }))?.['results']
  if (!Array.isArray(results)) {
    report.fail(
      'search does not answer in the shape that ChatGPT’s deep research needs.',
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
  if (lacking) report.fail(`A search result has no ${lacking}.`, 'Each needs id, title and url, as strings.')
  const document = objectOf(await firstText(mcp, 'fetch', { id: first['id'] }))
  const absent = document ? missing(document, ['id', 'title', 'text', 'url']) : 'JSON'
  if (absent) {
    report.fail(
      `The answer of fetch has no ${absent}.`,
      'The first text must be JSON: { "id", "title", "text", "url" }.'
    )
  } else if (!lacking) report.pass('search and fetch answer in the shape that ChatGPT’s deep research needs.')
}

const missing = (value: Record<string, unknown>, names: string[]): string =>
  names.filter((name) => typeof value[name] !== 'string').join(', ')

async function firstText (mcp: McpCaller, name: string, args: Record<string, unknown>): Promise<string> {
  const { content } = await mcp.call('tools/call', { name, arguments: args })
  return Array.isArray(content) ? String((content[0] as { text?: unknown } | undefined)?.text) : ''
}
