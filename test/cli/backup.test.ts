// A backup that is made while the server works: after a loss, and after
// a move from SQLite to Redis, every token, sign-in
// and account still works.
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { newClient, ping, tokensFor } from '../helpers/oauth.ts'
import { startProcess, type ServerProcess } from '../helpers/processes.ts'
import { canHaveRedis, noRedis, startRedis } from '../helpers/redis.ts'
import {
  SECRET_KEY,
  PASSWORD,
  operator,
  newFolder,
  urlOf,
  signUp,
  signIn,
  write,
  fill,
  check,
  backUp
} from './backups.ts'

t.test('SQLite: backed up at work, lost, restored', async (t) => {
  const env = { AUTH_BACKEND: 'demo,local', SIGNUP: 'open' }
  const server = await startProcess(t, env)
  const url = urlOf(server)
  const known = await fill(url)
  await signUp(url, 'job@example.com')
  const asked = ['--user', 'job@example.com', '--name', 'Job', '--scope', 'mcp:read']
  const made = await operator('keys', { DATA_DIR: server.dataDir, PUBLIC_URL: url, ...env }, 'create', ...asked)
  const key = made.stdout.trim()
  t.equal(await ping(url, key), 200, made.stderr)
  // The server goes on while the backup is made.
  const over = new AbortController()
  const load = (async () => {
    while (!over.signal.aborted) await tokensFor(url, known.client)
  })()
  const folder = await backUp(t, { DATA_DIR: server.dataDir })
  over.abort()
  await load
  t.same(
    (await readdir(folder)).sort(),
    ['entries.jsonl', 'library.db', 'manifest.json', 'notes.db', 'secret-key']
  )
  t.equal((await stat(join(folder, 'secret-key'))).mode & 0o777, 0o600)
  const written = await readFile(join(folder, 'entries.jsonl'), 'utf8')
  for (const { access, refresh } of known.held) {
    for (const token of [access, refresh, PASSWORD, known.client.client_secret!]) {
      t.notOk(written.includes(token), 'nothing in it opens anything')
    }
  }
  t.notOk(written.includes(key.slice(24)), 'nor an access key')
  await signUp(url, 'too-late@example.com')
  await server.end('SIGKILL')
  for (const name of await readdir(server.dataDir)) await rm(join(server.dataDir, name), { recursive: true })

  const restored = await operator('restore', { DATA_DIR: server.dataDir }, folder)
  t.equal(restored.status, 0, restored.stderr)
  t.match(restored.stdout, /^Restored \d+ entries/)
  await server.start()
  await check(t, url, known)
  t.equal(await ping(url, key), 200, 'an access key as well')
  t.notMatch(
    await signIn(url, 'too-late@example.com'),
    'too-late@example.com',
    'what came after the backup is lost'
  )

  t.test('a storage that holds something is not overwritten, unless that is asked for', async (t) => {
    await server.end('SIGTERM')
    const refused = await operator('restore', { DATA_DIR: server.dataDir }, folder)
    t.equal(refused.status, 1)
    t.match(refused.stderr, /is not empty\. Nothing was changed\./)
    await signUpAndStop(server, url)
    const replaced = await operator('restore', { DATA_DIR: server.dataDir }, '--replace', folder)
    t.equal(replaced.status, 0, replaced.stderr)
    await server.start()
    t.notMatch(await signIn(url, 'bob@example.com'), 'bob@example.com')
    t.match(await signIn(url, 'ann@example.com'), 'ann@example.com')
  })
})

t.test('what cannot be copied is named with what to do, and a damaged index of documents keeps nothing from its backup (SG-26)', async (t) => {
  const server = await startProcess(t, {})
  const url = urlOf(server)
  await tokensFor(url, await newClient(url))
  await server.end('SIGTERM')
  const overwrite = (name: string) => writeFile(join(server.dataDir, name), 'x'.repeat(20_000))
  await overwrite('library.db')
  const folder = join(await newFolder(t), 'of today')
  const made = await operator('backup', { DATA_DIR: server.dataDir }, folder)
  t.match(
    made,
    { status: 0, stdout: /entries, notes\.db\.\n$/, stderr: /^[^\n]*library\.db is left out: file is not a database\. Nothing is lost[^\n]*\n$/ }
  )
  t.same((await readdir(folder)).sort(), ['entries.jsonl', 'manifest.json', 'notes.db', 'secret-key'])
  t.match(await operator('restore', { DATA_DIR: await newFolder(t) }, folder), { status: 0 })

  for (const [name, spoil, reason] of [
    ['notes.db', () => overwrite('notes.db'), /notes\.db cannot be copied: file is not a database\. The backup is not complete\. To back up/],
    ['notes.db', () => rm(join(server.dataDir, 'notes.db')).then(() => writeFile(join(server.dataDir, 'else.db'), '')), /else\.db cannot be copied: it is empty/]
  ] as const) {
    await spoil()
    const { status, stderr } = await operator('backup', { DATA_DIR: server.dataDir }, join(await newFolder(t), 'x'))
    t.equal(status, 1, name)
    t.match(stderr, reason)
    t.notMatch(stderr, /\n {4}at /, 'without a stack')
  }
})

async function signUpAndStop (server: ServerProcess, url: string) {
  await server.start()
  await signUp(url, 'bob@example.com')
  await server.end('SIGTERM')
}
t.test(
  'from SQLite to Redis, and from Redis to another: nobody signs in again',
  { skip: canHaveRedis() ? false : noRedis },
  async (t) => {
    const env = { AUTH_BACKEND: 'demo,local', SIGNUP: 'open' }
    const server = await startProcess(t, env)
    const known = await fill(urlOf(server))
    const folder = await backUp(t, { DATA_DIR: server.dataDir })
    await server.end('SIGTERM')
    const generated = (await readFile(join(folder, 'secret-key'), 'utf8')).trim()

    const [first, second] = [(await startRedis())!, (await startRedis())!]
    t.teardown(() => Promise.all([first.stop(), second.stop()]))
    const emptyDir = await newFolder(t)
    const wrong = await operator('restore', { DATA_DIR: emptyDir, REDIS_URL: first.url, SECRET_KEY }, folder)
    t.equal(wrong.status, 1)
    t.match(wrong.stderr, /sealed with another secret key/)
    t.equal(await first.client.dbsize(), 0, 'and nothing was written')

    const moved = await operator(
      'restore',
      { DATA_DIR: emptyDir, REDIS_URL: first.url, SECRET_KEY: `${SECRET_KEY},${generated}` },
      folder
    )
    t.equal(moved.status, 0, moved.stderr)
    // At the same address: that is what tokens are for.
    const keys = `${SECRET_KEY},${generated}`
    const onRedis = await startProcess(
      t,
      { ...env, DATA_DIR: emptyDir, REDIS_URL: first.url, SECRET_KEY: keys },
      server.port
    )
    await check(t, urlOf(server), known)
    const later = { client: known.client, held: [await tokensFor(urlOf(server), known.client)], browser: known.browser }
    await write(urlOf(server), later.held[0]!.access)

    const folderOfRedis = await backUp(t, { DATA_DIR: emptyDir, REDIS_URL: first.url, SECRET_KEY: keys })
    const size = await first.client.dbsize()
    const running = await operator(
      'restore',
      { DATA_DIR: await newFolder(t), REDIS_URL: first.url, SECRET_KEY: keys },
      '--replace',
      folder
    )
    t.equal(running.status, 1, 'not while an instance uses that Redis, whatever its folder')
    t.match(running.stderr, /A server is running on this storage\. .* Nothing was changed/)
    t.ok((await first.client.dbsize()) >= size, 'and nothing was cleared')
    t.notOk(
      (await readdir(folderOfRedis)).includes('secret-key'),
      'a key of the environment is not written down'
    )
    await onRedis.end('SIGTERM')
    const otherDir = await newFolder(t)
    const again = await operator(
      'restore',
      { DATA_DIR: otherDir, REDIS_URL: second.url, SECRET_KEY: keys },
      folderOfRedis
    )
    t.equal(again.status, 0, again.stderr)
    await startProcess(t, { ...env, DATA_DIR: otherDir, REDIS_URL: second.url, SECRET_KEY: keys }, server.port)
    await check(t, urlOf(server), later)
  }
)
