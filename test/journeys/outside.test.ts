// SG-16: nothing outside ends the process: a log that cannot be written, a Postgres that goes away between two
// statements, no file handles left.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { connectPostgres } from '../../plugins/postgres.ts'
import { childEnvironment } from '../helpers/child-environment.ts'
import { freePort } from '../helpers/ports.ts'
import { noPostgres, startOwnPostgres } from '../helpers/postgres.ts'
import { startProcess } from '../helpers/processes.ts'
import { mountSmallDisk, noSmallDisk } from '../helpers/small-disk.ts'
import { folder } from '../helpers/tool-context.ts'

const disk = mountSmallDisk(t, 1)
const postgres = await startOwnPostgres()
t.teardown(() => postgres?.stop())
const LOG_LINES = new URL('../../plugins/observability/log-destination.ts', import.meta.url).href

t.test('a log on a full disk (SG-16)', { skip: disk ? false : noSmallDisk }, async (t) => {
  const script = `
    import { createLogDestination } from ${JSON.stringify(LOG_LINES)}
    const log = createLogDestination()
    for (let n = 0; n < 300; n++) {
      log.write('x'.repeat(9_000) + '\\n')
      await new Promise((resolve) => setImmediate(resolve))
    }
    console.error('goes on')
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', openSync(join(disk!.folder, 'log'), 'w'), 'pipe']
  })
  let output = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000)
  t.equal(await new Promise((resolve) => child.once('close', resolve)), 0)
  clearTimeout(timer)
  t.equal(output, 'goes on\n')
})

t.test('a start whose log cannot be written, on a full disk or since nobody reads it (OW-46)', async (t) => {
  for (const stdout of [openSync('/dev/full', 'w'), 'pipe'] as const) {
    const port = await freePort()
    const url = `http://localhost:${port}`
    const env = childEnvironment({ DATA_DIR: await folder(t), PORT: String(port), PUBLIC_URL: url, AUTH_BACKEND: 'demo' })
    const child = spawn(process.execPath, ['server.ts'], { env, stdio: ['ignore', stdout, 'ignore'] })
    child.stdout?.destroy()
    t.teardown(() => child.kill('SIGKILL'))
    const answers = async () => {
      try {
        return (await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) })).status
      } catch {
        return undefined
      }
    }
    for (let tries = 0; tries < 100 && (await answers()) === undefined; tries++) await sleep(100)
    // What the start prints comes after it listens.
    await sleep(1_000)
    t.equal(await answers(), 200)
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    t.same(await Promise.race([ended, sleep(20_000)]), [0, null])
  }
})

t.test(
  'a Postgres that goes away between two statements (SG-16)',
  { skip: postgres ? false : noPostgres },
  async (t) => {
    const opened = await connectPostgres(await postgres!.newDatabase(), { warn () {} })
    t.teardown(() => opened.close())
    const broken = opened.transaction(async (query) => {
      await query('SELECT 1')
      await postgres!.kill()
      // The connection breaks now, while nobody asks anything.
      await sleep(200)
      await query('SELECT 1')
    })
    await t.rejects(broken, { name: 'StorageUnavailable' })
    await postgres!.restart()
    t.same(await opened.query('SELECT 1 AS one'), [{ one: 1 }])
  }
)

t.test(
  'more connections than file handles (SG-16)',
  { skip: process.platform === 'linux' ? false : 'needs prlimit' },
  async (t) => {
    const server = await startProcess(t, {})
    await new Promise((resolve) =>
      spawn('prlimit', [`--pid=${server.pid()}`, '--nofile=150:150']).once('exit', resolve)
    )
    const sockets: Socket[] = Array.from({ length: 300 }, () =>
      connect(server.port, '127.0.0.1').on('error', () => {
        /* refused */
      })
    )
    await sleep(1_000)
    for (const socket of sockets) socket.destroy()
    for (let tries = 0; tries < 200; tries++) {
      if (
        await fetch(`${server.url}/health/live`).then(
          ({ ok }) => ok,
          () => false
        )
      ) { break }
      await sleep(50)
    }
    t.equal(
      (await fetch(`${server.url}/health/ready`)).status,
      200,
      'it lives, although the limit was lowered after it had read it'
    )
    t.equal(await server.end('SIGTERM'), 0)
  }
)
