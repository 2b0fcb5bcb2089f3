// `mcp-oauth-server protect -- COMMAND [ARG …]`, `mcp-oauth-server protect URL`: serves one existing MCP server behind the sign-in,
// without mcp.json, in the current folder.
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { builtInFolders, loadConfig, readEnvironment, type Config, type Given } from '../config/index.ts'
import { fail, OperatorError, parseOptions, warnOnTerminal } from './command.ts'
import { endOutput } from './output.ts'
import { commandLine } from './usage.ts'

const LINE = commandLine('protect')
const HELP = `Serves one existing MCP server behind the sign-in of this one, with the .env of this folder.
  ${LINE}-- npx -y @modelcontextprotocol/server-filesystem /srv/files
  ${LINE}http://localhost:3000/mcp

  --header 'NAME: VALUE'   a header of every request to a URL, such as 'authorization: Bearer \${CRM_TOKEN}' with the value in .env
  --env NAME[=VALUE]       a variable for a command, without a value the one in .env; besides, it gets PATH and HOME
  --per-user               starts the command once for each person
  --identity KIND          tells a URL who calls: headers or token
  --name NAME              what it is called here: letters, digits, _ and -

Options are written before --. The tools of this server itself are not offered, unless BUILTIN_TOOLS names them, and neither
are documents without DOCS_DIR. For several servers and for more settings there is mcp.json: docs/mcp-json.md.
`
const OPTIONS = {
  help: { type: 'boolean' },
  header: { type: 'string', multiple: true },
  env: { type: 'string', multiple: true },
  'per-user': { type: 'boolean' },
  identity: { type: 'string' },
  name: { type: 'string' }
} as const

type Server = NonNullable<Given['upstreams']>[number]

function readOptions (args: string[]) {
  try {
    return parseOptions({ args, options: OPTIONS, allowPositionals: true })
  } catch (error) {
    // Of Node's message only the first sentence is about this command.
    throw new OperatorError(`${(error as Error).message.split('. ')[0]}. Options of a command are written after --.\n${HELP}`)
  }
}

/** @throws OperatorError unless there is one address or one command. */
function checkTarget (positionals: readonly string[], command: readonly string[], hasEnd: boolean): void {
  const [first] = positionals
  if (first === undefined && command.length === 0) {
    throw new OperatorError(`${hasEnd ? 'Name a command after --' : 'Name a command after --, or a URL'}.\n${HELP}`)
  }
  if (first === undefined) return
  if (command.length > 0) throw new OperatorError('Name a command after --, or a URL before it, not both.')
  if (!URL.canParse(first)) throw new OperatorError(`${JSON.stringify(first)} is not a URL. Before a command write --:\n  ${LINE}-- ${positionals.join(' ')}`)
  if (positionals.length > 1) throw new OperatorError('Name one URL. For several servers there is mcp.json: docs/mcp-json.md.')
}

/** @returns names with their values. @throws OperatorError for what is no pair, or is there twice; values are not repeated. */
function pairs (texts: readonly string[], separator: string, example: string): Record<string, string> {
  const found = texts.map((text) => {
    const place = text.indexOf(separator)
    if (place < 1) throw new OperatorError(`Write a name, ${JSON.stringify(separator)} and a value, such as ${example}.`)
    return [text.slice(0, place).trim(), text.slice(place + 1).trim()] as const
  })
  const twice = found.find(([name], index) => found.findIndex(([other]) => other === name) < index)
  if (twice) throw new OperatorError(`${twice[0]} is there twice; leave one.`)
  return Object.fromEntries(found)
}

/** `NAME` is the value that NAME has in our own environment. */
const withValue = (text: string): string => (text.includes('=') ? text : `${text}=\${${text}}`)

/** What starts something else: its first argument that is no option says more. */
const RUNNERS = ['npx', 'bunx', 'uvx', 'node', 'python', 'python3']

/** @returns `server-filesystem` of `npx -y @modelcontextprotocol/server-filesystem@1 DIR`, `crm` of `https://crm.example.com/mcp`. */
function nameOf (url: string | undefined, [program = '', ...args]: readonly string[]): string {
  const started = RUNNERS.includes(program) ? args.find((arg) => !arg.startsWith('-')) : undefined
  const found = url === undefined ? basename(started ?? program).replace(/(?!^)@.*$|\.\w+$/g, '') : new URL(url).hostname.replace(/^([^.]*[a-z][^.]*)\..*$/, '$1')
  return found.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^[-_]+|-+$/g, '').slice(0, 64) || 'upstream'
}

async function load (upstream: Server): Promise<Config> {
  const environment = readEnvironment()
  if (existsSync('mcp.json') || environment['UPSTREAMS']) {
    warnOnTerminal.warn('mcp.json is not read: protect serves what its command line names. To serve mcp.json, use start.')
  }
  const given = { ...environment, BUILTIN_TOOLS: environment['BUILTIN_TOOLS']?.trim() || 'none' }
  // Nor is what whatever folder this is has in ./tools: those scripts would run, each as it is imported.
  const config = await loadConfig(given, process.cwd(), builtInFolders, { upstreams: [upstream] })
  // The ./docs of whatever folder this is are not for everyone who signs in.
  return environment['DOCS_DIR']?.trim() ? config : Object.freeze({ ...config, docsDir: undefined })
}

try {
  const all = process.argv.slice(2)
  const end = all.indexOf('--')
  const [own, command] = end === -1 ? [all, []] : [all.slice(0, end), all.slice(end + 1)]
  const { values, positionals } = readOptions(own)
  if (values.help) process.stdout.write(HELP)
  else {
    checkTarget(positionals, command, end !== -1)
    const [program, ...args] = command
    const server = {
      prefix: '',
      ...(program === undefined ? { url: positionals[0]! } : { command: program, args }),
      ...(values.header && { headers: pairs(values.header, ':', "'authorization: Bearer …'") }),
      ...(values.env && { env: pairs(values.env.map(withValue), '=', 'API_KEY=…') }),
      ...(values['per-user'] && { process: 'per-user' as const }),
      // Another word is refused with the words there are.
      ...(values.identity !== undefined && { identity: values.identity as 'headers' })
    }
    const { serve } = await import('../serve.ts')
    // From here on it is a server, which goes on where nobody reads its log.
    process.stdout.off('error', endOutput)
    await serve(() => load([values.name ?? nameOf(positionals[0], command), server]))
  }
} catch (error) {
  fail(error)
}
