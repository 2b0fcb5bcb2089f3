// The process: read the configuration, build the app, listen, close with grace. Nothing else touches `process`.
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

// What was compiled at one start is there at the next. In our own folder: whoever can write there can write the code itself; where nobody may, as in the image, each start compiles anew.
enableCompileCache(join(import.meta.dirname, 'node_modules/.cache/mcp-oauth-server'))
const { default: closeWithGrace } = await import('close-with-grace')
const { buildApp } = await import('./app.ts')
const { ConfigError, loadConfig, readEnvironment } = await import('./config.ts')
const { gatherLines } = await import('./plugins/observe/log-lines.ts')
const { showProgress, startLines } = await import('./start-lines.ts')

const CLOSE_WITHIN_MS = 10_000

try {
  const config = await loadConfig(readEnvironment())
  // npm run dev: tools are taken over as they are saved.
  const lines = gatherLines(process.stdout)
  process.on('exit', lines.flush)
  // A log that nobody reads any more must not end the server.
  process.stdout.on('error', () => {})
  const app = await buildApp(config, { reloads: process.argv.includes('--dev'), logTo: lines })
  closeWithGrace({ delay: config.shutdownDelay * 1000 + CLOSE_WITHIN_MS }, async ({ err }) => {
    if (err) app.log.error({ err }, 'closing after an error')
    app.drain()
    // While it still serves, a load balancer sees that it will not for long.
    if (!err) await sleep(config.shutdownDelay * 1000)
    await app.close()
  })
  await app.listen({ port: config.port, host: config.host })
  process.stdout.write(await startLines(app, config))
  if (process.stdout.isTTY) await showProgress(app, process.stdout)
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : `The server could not start: ${(error as Error).stack}`}\n`)
  process.exitCode = 1
  // Something half-opened (a Redis connection) must not keep a server alive that serves nothing.
  setTimeout(() => process.exit(1), 500).unref()
}
