// `npm run upstreams`: lists the existing MCP servers behind this one, with what each
// offered last and what has changed in it. It asks none of them.
import { monotonicClock } from '../clock.ts'
import { loadConfig, readEnvironment } from '../config/index.ts'
import { createRemembered } from '../plugins/upstreams/catalogue/remembered.ts'
import { fail, openExisting, OperatorError, warnOnTerminal } from './command.ts'
import { describeUpstreams } from './upstreams-report.ts'
import { commandLine } from './usage.ts'

const HELP = `Lists the existing MCP servers that mcp.json names, and what has changed in what they say.
  ${commandLine('upstreams')}        all of them
  ${commandLine('upstreams')}NAME    one of them, with its tools
`

try {
  const [name, ...more] = process.argv.slice(2)
  if (name === '--help') process.stdout.write(HELP)
  else if (more.length > 0) throw new OperatorError(HELP)
  else {
    const config = await loadConfig({ ...readEnvironment(), LOG_LEVEL: 'error' })
    const storage = await openExisting(config)
    try {
      const log = { ...warnOnTerminal, info () {}, error: warnOnTerminal.warn }
      const remembered = createRemembered(storage, monotonicClock, log)
      process.stdout.write(`${await describeUpstreams(config.upstreams, remembered, name)}\n`)
    } finally {
      await storage.close()
    }
  }
} catch (error) {
  fail(error)
}
