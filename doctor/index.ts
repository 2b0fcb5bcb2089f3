// `npm run doctor -- URL`: examines a server from outside, as ChatGPT, Claude, Cursor and VS Code connect to it, and says
// what keeps them out. It imports nothing of this server: any MCP server can be examined.
// This room owns the checks, one file for each part of a connection, and the report.
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { examine } from './examine.ts'
import { readLines } from './key.ts'
import { createReport } from './report.ts'

const help = (command: string): string => `Examines an MCP server from outside, as the assistants connect to it.
  ${command}https://mcp.example.com             what can be checked without an account
  ${command}https://mcp.example.com --sign-in   and a complete sign-in in your browser
  ${command}https://mcp.example.com --key       and a call with an access key, which it reads from standard input
  ${command}https://mcp.example.com --metrics   and which existing servers behind it are broken, with METRICS_TOKEN after the key or alone
It registers a few clients that are never used. The exit code is 1 if something is wrong.
`

const print = (text: string) => {
  process.stdout.write(`${text}\n`)
}

const options = {
  'sign-in': { type: 'boolean', default: false },
  key: { type: 'boolean', default: false },
  metrics: { type: 'boolean', default: false }
} as const

/** @returns `undefined` where the arguments are invalid. */
function readArguments (): { address: string; signsIn: boolean; hasKey: boolean; hasMetrics: boolean } | undefined {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options })
    if (positionals.length !== 1) return undefined
    return { address: positionals[0]!, signsIn: values['sign-in'], hasKey: values.key, hasMetrics: values.metrics }
  } catch {
    return undefined
  }
}

async function readSecrets ({ hasKey, hasMetrics }: { hasKey: boolean; hasMetrics: boolean }) {
  const wanted = [...(hasKey ? ['the access key'] : []), ...(hasMetrics ? ['METRICS_TOKEN'] : [])]
  if (wanted.length === 0) return {}
  if (process.stdin.isTTY) print(`Paste ${wanted.join(', press Enter, then ')} and press Enter:`)
  const lines = await readLines(process.stdin, wanted.length)
  return { ...(hasKey && { key: lines[0] }), ...(hasMetrics && { metricsToken: lines.at(-1) }) }
}

/** @param command how this is typed, up to the address. */
export async function main (command: string): Promise<void> {
  // Whoever reads may have read enough, such as `head`: the exit code is of the whole examination all the same.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => {})
  const asked = readArguments()
  if (process.argv.includes('--help')) process.stdout.write(help(command))
  else if (!asked) {
    process.stderr.write(help(command))
    process.exitCode = 2
  } else {
    const { report, tally } = createReport(print)
    const show = (url: string) => print(`  Open this in your browser and sign in:\n    ${url}`)
    const secrets = await readSecrets(asked)
    await examine(report, { address: asked.address, show: asked.signsIn ? show : undefined, ...secrets })
    print(
      `\n${tally.passed} passed, ${tally.warnings} to check, ${tally.failed} failed.${tally.failed === 0 ? ' Nothing found that keeps a client out.' : ''}`
    )
    process.exitCode = tally.failed === 0 ? 0 : 1
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main('npm run doctor -- ')
