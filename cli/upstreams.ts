// `npm run upstreams`: lists the existing MCP servers behind this one, with what each
// offered last and what has changed in it. It asks none of them.
import { monotonicClock } from '../clock.ts'
import { loadConfig, readEnvironment } from '../config/index.ts'
import { buildOperatorApp } from '../core.ts'
import { createRemembered } from '../plugins/upstreams/catalogue/remembered.ts'
import { askForRestart } from '../plugins/upstreams/restarts.ts'
import { fail, openExisting, OperatorError, warnOnTerminal } from './command.ts'
import { describeUpstreams, nothingToShow } from './upstreams-report.ts'
import { commandLine } from './usage.ts'

const HELP = `Lists the existing MCP servers that mcp.json names, and what has changed in what they say.
  ${commandLine('upstreams')}        all of them
  ${commandLine('upstreams')}NAME    one of them, with its tools
  ${commandLine('upstreams')}restart NAME    ends its processes and connections on every running server, which begin again
`

try {
  const [name, ...more] = process.argv.slice(2)
  if (name === '--help') process.stdout.write(HELP)
  else if (name === 'restart' && more.length === 1) process.stdout.write(`${await restart(more[0]!)}\n`)
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

/** @throws OperatorError for a name that mcp.json does not have. */
async function restart (name: string): Promise<string> {
  const config = await loadConfig({ ...readEnvironment(), LOG_LEVEL: 'error' })
  if (!config.upstreams.some((upstream) => upstream.name === name)) throw new OperatorError(nothingToShow(config.upstreams, name))
  await (await openExisting(config)).close()
  const app = await buildOperatorApp(config)
  try {
    await askForRestart(app, name, 'operator')
  } finally {
    await app.close()
  }
  return `${name} is started again by every server that runs, within a second.`
}
