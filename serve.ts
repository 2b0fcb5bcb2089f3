// A server in this process: read the configuration, build the app, listen, close with grace.
// Tested in test/serve.test.ts, test/journeys/crash.test.ts, test/journeys/shutdown.test.ts and test/cli/protect.test.ts.
import { closeSync, openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { buildApp } from './app.ts'
import type { Config } from './config/index.ts'
import { describeStartFault, showProgress, startLines } from './banner.ts'

const CLOSE_WITHIN_MS = 10_000
const MAX_FLUSH_MS = 1_000

/** Prints the start table, or why there is no server, and then ends the process. */
export async function serve (loadConfig: () => Promise<Config>): Promise<void> {
  // Files of this process (databases, keys, copies) are readable by its own user only.
  process.umask(0o077)
  let log: Logger | undefined
  try {
    const config = await loadConfig()
    // npm run dev: tools are reloaded when they are saved.
    const app = await buildApp(config, { reloads: process.argv.includes('--dev'), signals: process })
    log = app.log as Logger
    endWithGrace(app, config)
    await app.listen({ port: config.port, host: config.host })
    const lines = await startLines(app, config)
    // Prints the table below the log of the start, not between its lines.
    await written(log)
    // Nor does a log that nobody reads any more end a server.
    process.stdout.on('error', () => {})
    process.stdout.write(lines)
    if (process.stdout.isTTY) await showProgress(app, process.stdout)
  } catch (error) {
    // The reason comes last, below the log of the start.
    if (log) await written(log)
    process.stderr.write(describeStartFault(error))
    process.exitCode = 1
    // A connection that is half open, such as one to Redis, must not keep the process alive.
    setTimeout(() => process.exit(1), 500).unref()
  }
}

/** A log that cannot be written, on a full disk or where nobody reads it, keeps no server from its work (threat OW-46). */
const written = (log: Logger): Promise<unknown> =>
  Promise.race([new Promise<void>((resolve) => log.flush(() => resolve())), sleep(MAX_FLUSH_MS, undefined, { ref: false })])

function endWithGrace (app: FastifyInstance, config: Config): void {
  // Every change is one step, so what has failed has failed alone: a tool that does not wait for what it asks, for example, must not
  // end what everybody else is doing (threat WB-20).
  process.on('unhandledRejection', (error) => app.log.error({ err: error }, 'a promise was rejected, and nothing waited for it'))
  const { close } = closeWithGrace(
    { delay: config.shutdownDelay * 1000 + CLOSE_WITHIN_MS, skip: ['unhandledRejection', 'SIGHUP'] },
    async ({ err }) => {
      if (err) app.log.error({ err }, 'closing after an error')
      app.drain()
      // It still serves, while /health/ready makes load balancers send requests elsewhere.
      if (!err) await sleep(config.shutdownDelay * 1000)
      await app.close()
    }
  )
  // SIGHUP has mcp.json read again. It also comes when the terminal is closed, which ends what was started in it.
  if (process.stdout.isTTY) process.on('SIGHUP', () => hasTerminal() || close())
  process.setUncaughtExceptionCaptureCallback((error) => {
    // File handles run out and become free again: one operation has failed, and the server keeps serving.
    if (/^E[MN]FILE$/.test((error as NodeJS.ErrnoException).code ?? '')) { app.log.error({ err: error }, 'the limit of open files (ulimit -n) was reached') } else (process as NodeJS.EventEmitter).emit('uncaughtException', error, 'uncaughtException')
  })
}

function hasTerminal (): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}
