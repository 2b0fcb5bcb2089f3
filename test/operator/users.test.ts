// npm run users: what an operator does while the server runs, on SQLite and on Redis.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Browser } from '../helpers/browser.ts'
import { newClient, ping, tokensFor } from '../helpers/oauth.ts'
import { storageTest } from '../helpers/storages.ts'

storageTest('list, lock, unlock, reset, invite, delete', async (t, start) => {
  const server = await start({ env: { SIGNUP: 'invite' } })
  const { url, app } = server
  const { redisUrl, secretKeys } = server.config
  const users = (...args: string[]) => promisify(execFile)(process.execPath, ['operator/users.ts', ...args], {
    cwd: join(import.meta.dirname, '../..'),
    env: { PATH: process.env['PATH'], PUBLIC_URL: url, DATA_DIR: server.dataDir, DOCS_DIR: join(server.dataDir, 'no-documents'), ...(redisUrl && { REDIS_URL: redisUrl, SECRET_KEY: secretKeys.join() }) }
  })
  const client = await newClient(url)
  const { access } = await tokensFor(url, client)
  const { user } = (await app.grants.verifyAccessToken(access))!
  t.match((await users('list')).stdout, new RegExp(`^${user.id}\t-\tDemo user .*\tdemo\topen\t`))
  t.match((await users('lock', user.id)).stdout, /^Locked: /)
  t.equal(await ping(url, access), 401, 'at once, in the server that runs')
  t.match((await users('list')).stdout, /\tlocked\t/)
  t.match((await users('unlock', user.id)).stdout, /^Unlocked: /)

  const invited = new Browser()
  const page = await invited.get((await users('invite')).stdout.trim())
  await invited.submit(page, ({ action }) => action === '/signup', { email: 'ann@example.com', password: 'eleven quiet otters 42' })
  t.equal((await invited.get(`${url}/account`)).url, `${url}/account`)
  const reset = (await users('reset', 'ANN@example.com')).stdout.trim()
  t.match((await new Browser().get(reset)).text, 'Choose a new password')
  t.match((await users('delete', 'ann@example.com')).stdout, /^Deleted: /)
  t.match((await invited.get(`${url}/account`)).url, /\/login/)
  for (const wrong of [['lock', 'nobody@example.com'], ['lock'], ['reset', 'ann@example.com'], ['nonsense'], ['__proto__']]) await t.rejects(users(...wrong), { code: 1 }, wrong.join(' '))
})
