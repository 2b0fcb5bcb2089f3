// A real Redis server for tests, which they stop and start as they need: `redis-server` from PATH, installed with
// apt-get when we are root.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Test } from 'tap'
import { freePort } from './ports.ts'

export interface TestRedis {
  /** With a key prefix of its own. */
  url: string
  client: Redis
  stop(): Promise<void>
  /** Ends the server the hard way, and starts it again on the same port and data. */
  kill(): Promise<void>
  restart(): Promise<void>
}

/**
 * What a killed server had answered is in its file: that is written
 * before each answer. Forcing it to the disk as well,
 * as in production, would only help against a power cut.
 * @param options besides port, folder and the append-only file.
 */
export const spawnRedis = (port: number, folder: string, options: readonly string[]): ChildProcess =>
  spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes', '--appendfsync', 'no', ...options],
    { stdio: 'ignore' }
  )

const WHY = 'Redis cannot be had: install redis-server'

let isThere: boolean | undefined

/** @throws with a sentence when there is no Redis and CI is set. */
export function canHaveRedis (): boolean {
  const can = (isThere ??= isInstalled('redis-server'))
  if (!can && process.env['CI']) throw new Error(WHY)
  return can
}

/**
 * @returns undefined, with `WHY` to say, when there is no Redis and CI is not set.
 * @throws with that sentence when it is.
 */
export async function startRedis (): Promise<TestRedis | undefined> {
  if (!canHaveRedis()) return undefined
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'mcp-redis-'))
  let server: ChildProcess
  const start = async () => {
    server = spawnRedis(port, folder, ['--save', ''])
    const probe = new Redis({ port, lazyConnect: true, retryStrategy: () => 50, maxRetriesPerRequest: null })
    probe.on('error', () => {
      /* until it listens */
    })
    await probe.ping()
    probe.disconnect()
  }
  await start()
  const kill = async () => {
    const over = new Promise((resolve) => server.once('exit', resolve))
    server.kill('SIGKILL')
    await over
  }
  const keyPrefix = `t${process.pid}:`
  const client = new Redis({ port, keyPrefix, retryStrategy: () => 100 })
  client.on('error', () => {
    /* the tests that stop the server expect it */
  })
  return {
    url: `redis://127.0.0.1:${port}/0?keyPrefix=${encodeURIComponent(keyPrefix)}`,
    client,
    kill,
    restart: start,
    async stop () {
      client.disconnect()
      if (server.exitCode === null && server.signalCode === null) await kill()
      await sleep(10)
      await rm(folder, { recursive: true, force: true })
    }
  }
}

export const noRedis = WHY

/** From now on the server has no room, until what is returned is called, or the test ends. */
export async function fillRedis (t: Pick<Test, 'teardown'>, { client }: TestRedis): Promise<() => Promise<unknown>> {
  const limitTo = (bytes: string) => client.config('SET', 'maxmemory', bytes)
  await limitTo('1')
  const makeRoom = () => limitTo('0')
  t.teardown(makeRoom)
  return makeRoom
}

function isInstalled (program: string): boolean {
  if (spawnSync('which', [program]).status === 0) return true
  if (process.getuid?.() !== 0) return false
  spawnSync('apt-get', ['update', '-qq'])
  return (
    spawnSync('apt-get', ['install', '-y', '-qq', program], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    }).status === 0
  )
}
