// The process: read the configuration, build the app, listen, close with grace.
import { setTimeout as sleep } from 'node:timers/promises'
import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'
import { loadConfig, readEnvironment } from './config/index.ts'
import { describeStartFault, showProgress, startLines } from './banner.ts'

const CLOSE_WITHIN_MS = 10_000

// Whatever this process makes is for its own user alone: databases, keys, copies.
process.umask(0o077)

try {
  const config = await loadConfig(readEnvironment())
  // npm run dev: tools are taken over as they are saved.
  const app = await buildApp(config, { reloads: process.argv.includes('--dev') })
  // Without a listener of its own a rejection that nobody handles is an uncaught exception, and goes the same way.
  closeWithGrace(
    { delay: config.shutdownDelay * 1000 + CLOSE_WITHIN_MS, skip: ['unhandledRejection'] },
    async ({ err }) => {
      if (err) app.log.error({ err }, 'closing after an error')
      app.drain()
      // While it still serves, a load balancer sees that it will not for long.
      if (!err) await sleep(config.shutdownDelay * 1000)
      await app.close()
    }
  )
  process.setUncaughtExceptionCaptureCallback((error) => {
    // Files and sockets run out and come back: what failed for want of one is over, and everybody else is still served.
    if (/^E[MN]FILE$/.test((error as NodeJS.ErrnoException).code ?? '')) { app.log.error({ err: error }, 'the limit of open files (ulimit -n) was reached') } else (process as NodeJS.EventEmitter).emit('uncaughtException', error, 'uncaughtException')
  })
  await app.listen({ port: config.port, host: config.host })
  process.stdout.write(await startLines(app, config))
  if (process.stdout.isTTY) await showProgress(app, process.stdout)
} catch (error) {
  process.stderr.write(describeStartFault(error))
  process.exitCode = 1
  // Something half-opened (a Redis connection) must not keep a server alive that serves nothing.
  setTimeout(() => process.exit(1), 500).unref()
}
