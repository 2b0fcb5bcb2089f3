// Runs a test on SQLite and on a real Redis: what the server promises holds on both.
import t, { type Test } from 'tap'
import { canHaveRedis, noRedis, startRedis } from './redis.ts'
import { startServer, type ServerOptions, type TestServer } from './server.ts'

/** Starts a server on the storage of the test at hand. */
export type Start = (options?: ServerOptions) => Promise<TestServer>

let servers = 0
let redis: ReturnType<typeof startRedis> | undefined

/** A test of the file, once for each storage. */
export function storageTest (name: string, work: (t: Test, start: Start) => Promise<void>): void {
  redis ??= startRedis().then((started) => {
    t.teardown(() => started?.stop())
    return started
  })
  t.test(`${name} (SQLite)`, (t) => work(t, (options) => startServer(t, options)))
  t.test(`${name} (Redis)`, { skip: canHaveRedis() ? false : noRedis }, async (t) => {
    const started = (await redis)!
    // Each server has keys of its own, as it has a data folder of its own.
    const env = () => ({ REDIS_URL: `${started.url}${servers++}:`, SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A' })
    return work(t, (options) => startServer(t, { ...options, env: { ...env(), ...options?.env } }))
  })
}
