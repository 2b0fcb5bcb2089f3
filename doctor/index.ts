// `npm run doctor -- URL`: looks at a server from outside, as ChatGPT, Claude, Cursor and VS Code do, and says what
// keeps them out. It knows nothing of this server: any MCP server can be examined.
import { parseArgs } from 'node:util'
import { examine } from './examine.ts'
import { createReport } from './report.ts'

const HELP = `Looks at an MCP server from outside, as the assistants do.
  npm run doctor -- https://mcp.example.com             what can be seen without an account
  npm run doctor -- https://mcp.example.com --sign-in   and a whole sign-in, in your browser
A few clients are registered for it, which are never used. The exit code is 1 if something is wrong.
`

const print = (text: string) => {
  process.stdout.write(`${text}\n`)
}

/** @returns what was asked for; nothing where it cannot be read. */
function readArguments (): { address: string; signsIn: boolean } | undefined {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { 'sign-in': { type: 'boolean', default: false } }
    })
    return positionals.length === 1 ? { address: positionals[0]!, signsIn: values['sign-in'] } : undefined
  } catch {
    return undefined
  }
}

const asked = readArguments()
if (process.argv.includes('--help')) process.stdout.write(HELP)
else if (!asked) {
  process.stderr.write(HELP)
  process.exitCode = 2
} else {
  const { report, tally } = createReport(print)
  const show = (url: string) => print(`  Open this in your browser and sign in:\n    ${url}`)
  await examine(report, { address: asked.address, show: asked.signsIn ? show : undefined })
  print(
    `\n${tally.good} good, ${tally.doubts} to look at, ${tally.faults} wrong.${tally.faults === 0 ? ' Nothing was found that keeps a client out.' : ''}`
  )
  process.exitCode = tally.faults === 0 ? 0 : 1
}
