// The line of rights suffices: an account that has them and no others starts, without a warning, and says what it lacks.
import { readFile } from 'node:fs/promises'
import { Writable } from 'node:stream'
import { Redis } from 'ioredis'
import t from 'tap'
import { ACL_LINE } from '../../../../plugins/storage/redis/acl.ts'
import { newClient, tokensFor, ping } from '../../../helpers/oauth.ts'
import { canHaveRedis, noRedis, startRedis } from '../../../helpers/redis.ts'
import { startServer } from '../../../helpers/server.ts'

t.test('an account with the rights of the line works whole, and one without channels reads the line', { skip: canHaveRedis() ? false : noRedis }, async (t) => {
  const redis = (await startRedis())!
  t.teardown(() => redis.stop())
  const admin = new Redis(redis.url)
  t.teardown(() => admin.disconnect())
  const [command, ...rights] = ACL_LINE.replace('PASSWORD', 'p#ss').split(' ')
  await admin.call(command!, ...rights)
  const urlOf = (user: string) => {
    const url = new URL(redis.url)
    return `redis://${user}:p%23ss@${url.host}`
  }
  const lines: string[] = []
  const logTo = new Writable({
    write (chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    }
  })
  const env = { SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A', AUTH_BACKEND: 'demo', LOG_LEVEL: 'warn', RATE_LIMITS: 'on' }
  const { url } = await startServer(t, { env: { ...env, REDIS_URL: urlOf('app') }, logTo })
  const { access } = await tokensFor(url, await newClient(url))
  t.equal(await ping(url, access), 200)
  t.same(lines.filter((line) => /NOPERM|rights|does not say/.test(line)), [], 'nothing is refused')
  await admin.call('ACL', ...rights.map((word) => (word === 'app' ? 'quiet' : word)).filter((word) => !word.startsWith('&')), 'resetchannels')
  await t.rejects(startServer(t, { env: { ...env, REDIS_URL: urlOf('quiet') } }), { message: /NOPERM.*ACL SETUSER app on >PASSWORD/ })
  t.match(await readFile(new URL('../../../../docs/operations.md', import.meta.url), 'utf8'), ACL_LINE)
})
