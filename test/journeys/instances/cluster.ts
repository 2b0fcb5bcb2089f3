// Several server processes on one Redis behind a round-robin proxy, and people who use them without a pause.
import type { Test } from 'tap'
import { post, type TestClient } from '../../helpers/oauth.ts'
import { freePort } from '../../helpers/ports.ts'
import { startProcess, startProxy } from '../../helpers/processes.ts'
import { canHaveRedis, noRedis } from '../../helpers/redis.ts'

export const SECRET_KEY = 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A'
export const skip = canHaveRedis() ? false : noRedis

/** Some instances behind one address. */
export async function startInstances (t: Test, redisUrl: string, env: Record<string, string> = {}, count = 2) {
  const port = await freePort()
  const shared = {
    REDIS_URL: redisUrl,
    SECRET_KEY,
    PUBLIC_URL: `http://localhost:${port}`,
    TRUST_PROXY: '127.0.0.1',
    ...env
  }
  const servers = await Promise.all(Array.from({ length: count }, () => startProcess(t, shared)))
  return { servers, proxy: await startProxy(t, servers, port) }
}
export const refresh = (url: string, client: TestClient, token: string) =>
  post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: token })
