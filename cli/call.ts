// `mcp-oauth-server call TOOL [JSON]`: runs one tool of this folder here and now, for a person who is signed in, and prints what a
// model would read. Nothing is stored: notes and documents' index live in a folder that is deleted afterwards.
import { readEnvironment } from '../config/index.ts'
import { printableJson, printableLines } from '../plugins/observability/terminal-text.ts'
import { startServer, type CallResult, type TestServer } from '../testing/server.ts'
import { fail, OperatorError } from './command.ts'
import { commandLine } from './usage.ts'

const HELP = `Runs one tool of this folder and prints its result.
  ${commandLine('call')}TOOL '{"argument":"value"}'
`
/** Variables that would make this server use the data of a running one, or be reachable from elsewhere. */
const NOT_HERE = { AUTH_BACKEND: 'demo', REDIS_URL: '', DATABASE_URL: '', PUBLIC_URL: '', HOST: '', SMTP_URL: '', NODE_ENV: '' }

try {
  const [tool = '--help', json = '{}'] = process.argv.slice(2)
  if (tool === '--help') process.stdout.write(HELP)
  else {
    const result = await call(tool, parse(json))
    process.stdout.write(`${describe(result)}\n`)
    if (result.isError) process.exitCode = 1
  }
} catch (error) {
  fail(error)
}

function parse (json: string): Record<string, unknown> {
  try {
    return JSON.parse(json)
  } catch (error) {
    throw new OperatorError(`The arguments are not JSON: ${(error as Error).message}\n${HELP}`)
  }
}

async function call (tool: string, args: Record<string, unknown>): Promise<CallResult> {
  const { PORT: _, ...environment } = readEnvironment()
  const server = await startServer({ env: { ...(environment as Record<string, string>), ...NOT_HERE, LOG_LEVEL: 'error' } })
  try {
    const names = await namesOfTools(server)
    if (!names.includes(tool)) throw new OperatorError(`There is no tool ${JSON.stringify(tool)}. There are: ${names.join(', ')}.`)
    return await server.call(tool, args).catch((error: Error) => { throw new OperatorError(error.message) })
  } finally {
    await server.close()
  }
}

async function namesOfTools (server: TestServer): Promise<string[]> {
  const { tools } = (await server.request('tools/list')) as { tools: Array<{ name: string }> }
  return tools.map(({ name }) => name)
}

/** What others have written in documents and notes is part of it. */
function describe ({ content, structuredContent, isError }: CallResult): string {
  if (structuredContent !== undefined && !isError) return printableJson(structuredContent, 2)
  return printableLines(content.map((block) => (block.type === 'text' ? block.text : `[${block.type}]`)).join('\n'))
}
