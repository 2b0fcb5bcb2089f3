// Servers with limits on, counted in this process and on Redis;
// requests claim addresses through the one trusted proxy.
import t, { type Test } from 'tap'
import { Browser } from './browser.ts'
import { noRedis, startRedis } from './redis.ts'
import { startServer, type TestServer } from './server.ts'

export const from = (address: string) => ({ 'x-forwarded-for': address })

interface Limited {
  start(more?: Record<string, string>): Promise<TestServer>
  server: TestServer
  env: Record<string, string>
}

/** Runs the tests once for each place where limits are counted. */
export async function limitsTest (work: (t: Test, limited: Limited) => Promise<void>): Promise<void> {
  const redis = await startRedis()
  t.teardown(() => redis?.stop())
  for (const [name, env] of [
    ['in this process', {}],
    ['on Redis', redis && { REDIS_URL: redis.url, SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A' }]
  ] as Array<[string, Record<string, string> | undefined]>) {
    t.test(name, { skip: env ? false : noRedis }, async (t) => {
      const start = (more: Record<string, string> = {}) =>
        startServer(t, { env: { ...env, RATE_LIMITS: 'on', TRUST_PROXY: '127.0.0.1', ...more } })
      await work(t, { start, server: await start(), env: env! })
    })
  }
}

/** Sign-ins with a wrong password, as one account, from these addresses. @returns their statuses. */
export async function tries (server: TestServer, count: number, address: (count: number) => string): Promise<number[]> {
  const browser = new Browser()
  const login = await browser.get(`${server.url}/login`)
  const form = login.forms.find(({ fields }) => 'password' in fields)!
  const statuses: number[] = []
  for (let index = 0; index < count; index++) {
    const answer = await browser.post(
      `${server.url}/login`,
      { ...form.fields, email: `ann@${new URL(server.url).port}.example`, password: 'wrong wrong' },
      from(address(index))
    )
    statuses.push(answer.status)
  }
  return statuses
}
