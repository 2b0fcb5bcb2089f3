// npm run keys: what an operator does while the server runs, on SQLite
// and on Redis. Each command is held to what it
// did, not only to what it printed.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { keyCommands, runKeyCommand, type KeyArguments } from '../../cli/key-commands.ts'
import { loadConfig } from '../../config/index.ts'
import { demoPerson, keyFor } from '../helpers/access-keys.ts'
import { command } from '../helpers/commands.ts'
import { ping } from '../helpers/oauth.ts'
import { storageTest, type Start } from '../helpers/storages.ts'
import { folder } from '../helpers/tool-context.ts'

const KEY = /^mcp_key_[0-9A-Za-z]{54}$/

const run = (env: Record<string, string>, ...words: string[]) => command('keys', env, words)

async function place (_t: Test, start: Start) {
  const server = await start()
  const { redisUrl, secretKeys } = server.config
  const env = {
    PUBLIC_URL: server.url,
    DATA_DIR: server.dataDir,
    DOCS_DIR: join(server.dataDir, 'no-documents'),
    ...(redisUrl && { REDIS_URL: redisUrl, SECRET_KEY: secretKeys.join() })
  }
  const keys = async (name: string, asked: Omit<KeyArguments, 'ids'> = {}, ...ids: string[]) =>
    runKeyCommand(await loadConfig({ ...env, LOG_LEVEL: 'error' }), keyCommands[name]!, { ...asked, ids })
  return { ...server, env, keys }
}

storageTest('a key is made for a person, alone on stdout, listed and revoked (AK-04, AK-12)', async (t, start) => {
  const server = await place(t, start)
  const { url, app, env, keys } = server
  const { id: user } = await demoPerson(server)
  const made = await run(env, 'create', '--user', user, '--name', 'Nightly job', '--scope', 'mcp:read', '--days', '1')
  t.equal(made.status, 0, made.stderr)
  const secret = made.stdout.slice(0, -1)
  t.match(secret, KEY, 'nothing else, so that it can be piped')
  t.match(made.stderr, /Shown only this once/)
  t.notMatch(made.stderr, secret)
  t.equal(await ping(url, secret), 200, 'in the server that runs')

  const [key] = await app.accessKeys.listByUser(user)
  t.match(key, { name: 'Nightly job', scopes: ['mcp:read'] })
  t.ok(Math.abs(key!.endsAt - key!.createdAt - 86_400) < 120)
  t.notOk(key!.backend)
  t.match(
    (await keys('list')).out,
    new RegExp(`^${key!.id}\t${user}\tNightly job\tmcp:read\t`)
  )
  t.equal((await keys('list', { user })).out.split('\n').length, 1)
  const other = await demoPerson(server)
  t.equal((await keys('list', { user: other.id })).out, '')

  t.match((await keys('revoke', {}, key!.id)).out, /^Revoked: /)
  t.equal(await ping(url, secret), 401, 'at once')
  t.match(
    (await app.audit.ofUser(user, 9)).filter(({ event }) => event.startsWith('key_')),
    [{ event: 'key_revoked', by: 'operator' }, { event: 'key_created', by: 'operator' }]
  )
})

storageTest('a key that was found is revoked by its beginning, or as the audit log names it', async (t, start) => {
  const server = await place(t, start)
  const { id: user } = await demoPerson(server)
  const [one, two] = [await keyFor(server, user), await keyFor(server, user)]
  await server.keys('revoke', {}, one.secret.slice(0, 24))
  await server.keys('revoke', {}, `key:${two.id}`)
  t.same(await server.app.accessKeys.listByUser(user), [])
})

storageTest('what is asked for wrongly is explained, and makes nothing (AK-12)', async (t, start) => {
  const server = await place(t, start)
  const { app, keys } = server
  const { id: user } = await demoPerson(server)
  const asked = { user, name: 'CI', scope: 'mcp:read' }
  for (const [wrong, message] of [
    [{ ...asked, user: undefined }, /--user/],
    [{ ...asked, user: 'nobody@example.com' }, /No one has the id or address/],
    [{ ...asked, name: undefined }, /--name/],
    [{ ...asked, name: '\u202e' }, /--name/],
    [{ ...asked, scope: undefined }, /--scope/],
    [{ ...asked, scope: 'mcp:read mcp:admin' }, /--scope "mcp:read mcp:admin"/],
    [{ ...asked, days: '0' }, /--days 0: write a number from 1 to 366/],
    [{ ...asked, days: '367' }, /--days 367/]
  ] as const) await t.rejects(keys('create', wrong), { name: 'OperatorError', message })
  await t.rejects(
    keys('create', asked, 'stray'),
    { message: /stray belongs to no option/ }
  )
  await t.rejects(keys('revoke'), { message: /Name one key/ })
  await t.rejects(
    keys('revoke', {}, 'unknown'),
    { message: /There is no access key with the id unknown/ }
  )
  await app.signIn.lifecycle.lock(user)
  await t.rejects(
    keys('create', asked),
    { message: /is locked. Unlock it first/ }
  )
  t.same(await Array.fromAsync(app.accessKeys.all()), [])
  const made = await keys('create', { ...asked, user: (await demoPerson(server)).id, scope: 'mcp:write mcp:read' })
  t.match(made.out, KEY)
})

t.test('without data, or where no one signs in, nothing is created (AK-12)', async (t) => {
  const dir = await folder(t)
  const asked = ['create', '--user', 'a@example.com', '--name', 'CI', '--scope', 'mcp:read']
  t.match(
    await run({ DATA_DIR: join(dir, 'none') }, ...asked),
    { status: 1, stdout: '', stderr: /No server has stored anything/ }
  )
  const none = { DATA_DIR: join(dir, 'none'), AUTH_BACKEND: 'none' }
  t.match(
    await run(none, ...asked),
    { status: 1, stdout: '', stderr: /No one signs in to this server/ }
  )
  t.same(readdirSync(dir), [])
  t.match(
    await run({ DATA_DIR: dir }, 'create', '--usr', 'x'),
    { status: 1, stdout: '', stderr: /Unknown option '--usr'/ }
  )
  t.match((await run({}, '--help')).stdout, /keys.*create --user/)
  t.equal((await run({}, 'mke')).status, 1)
})

t.test('the list says when a key was made, when it ends, and its last use', async (t) => {
  const key = {
    id: 'k',
    userId: 'ann',
    name: 'CI',
    scopes: ['mcp:read'],
    createdAt: Date.UTC(2026, 0, 2) / 1000,
    endsAt: Date.UTC(2026, 1, 3) / 1000
  }
  const at = Date.UTC(2026, 0, 4, 5, 6, 7) / 1000
  const used = { ...key, lastUse: { at, address: '::1' } }
  const earlier = { ...key, createdAt: 0 }
  const all = async function * () {
    yield * [key, used, earlier]
  }
  const list = keyCommands['list']! as unknown as
    (context: object, asked: object) => Promise<{ out: string }>
  const { out } = await list({ app: { accessKeys: { all } } }, {})
  t.same(out.split('\n'), [
    'k\tann\tCI\tmcp:read\t1970-01-01\t2026-02-03\t-\t-',
    'k\tann\tCI\tmcp:read\t2026-01-02\t2026-02-03\t-\t-',
    'k\tann\tCI\tmcp:read\t2026-01-02\t2026-02-03\t2026-01-04T05:06:07.000Z\t::1'
  ])
})
