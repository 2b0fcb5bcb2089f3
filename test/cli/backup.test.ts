// A backup that is made while the server works, and what it is worth: after a loss, and after a move from SQLite to
// Redis, every token, sign-in and account is still good. Refusals leave everything as it was.
import { spawn, type SpawnOptions } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { Browser } from '../helpers/browser.ts'
import { mcpClient } from '../helpers/mcp.ts'
import { newClient, ping, post, tokensFor, type TestClient } from '../helpers/oauth.ts'
import { startProcess, type ServerProcess } from '../helpers/processes.ts'
import { canHaveRedis, noRedis, startRedis } from '../helpers/redis.ts'

const ROOT = new URL('../..', import.meta.url).pathname
const SECRET_KEY = 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A'
const PASSWORD = 'eleven quiet otters 42'

/** Runs one of the operator's commands as `npm run` does. */
async function operator (name: string, env: Record<string, string>, ...given: string[]) {
  const options: SpawnOptions = {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  }
  const child = spawn(process.execPath, [`cli/${name}.ts`, ...given], options)
  const [stdout, stderr, status] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    new Promise((resolve) => child.once('exit', resolve))
  ])
  return { status, stdout, stderr }
}

async function newFolder (t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-backup-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const urlOf = ({ port }: ServerProcess) => `http://localhost:${port}`
const signUp = async (url: string, email: string) => {
  const browser = new Browser()
  return browser.submit(await browser.get(`${url}/signup`), ({ action }) => action === '/signup', {
    email,
    password: PASSWORD
  })
}
const signIn = async (url: string, email: string) => {
  const browser = new Browser()
  await browser.submit(await browser.get(`${url}/login`), ({ fields }) => 'password' in fields, {
    email,
    password: PASSWORD
  })
  return (await browser.get(`${url}/account`)).text
}

const NOTE = 'The otters sleep at noon'
const call = async (url: string, access: string, name: string, args: object) => {
  const { status, json } = await mcpClient(url, access).legacy('tools/call', { name, arguments: args })
  if (status !== 200 || json.error || json.result.isError) throw new Error(`${name} failed: ${JSON.stringify(json)}`)
  return json.result.structuredContent
}
const write = (url: string, access: string) => call(url, access, 'write', { title: 'Otters', text: NOTE })
const countNotes = async (url: string, access: string): Promise<number> =>
  (await call(url, access, 'list_notes', {})).notes.length

interface Known {
  client: TestClient
  held: Array<{ access: string; refresh: string }>
  browser: Browser
}

/** What people have by the time of the backup. */
async function fill (url: string): Promise<Known> {
  const client = await newClient(url, { token_endpoint_auth_method: 'client_secret_post' })
  const held = await Promise.all(Array.from({ length: 5 }, () => tokensFor(url, client)))
  for (const { access } of held) await write(url, access)
  await signUp(url, 'ann@example.com')
  const browser = new Browser()
  await browser.submit(await browser.get(`${url}/login`), ({ fields }) => 'password' in fields, {
    email: 'ann@example.com',
    password: PASSWORD
  })
  return { client, held, browser }
}

async function check (t: Test, url: string, { client, held, browser }: Known) {
  for (const { access, refresh } of held) {
    t.equal(await ping(url, access), 200, 'an access token works')
    const { status, body } = await post(`${url}/token`, {
      ...client,
      grant_type: 'refresh_token',
      refresh_token: refresh
    })
    t.equal(status, 200, 'so does a refresh token')
    t.equal(await ping(url, String(body['access_token'])), 200)
  }
  t.strictSame(
    await Promise.all(held.map(({ access }) => countNotes(url, access))),
    held.map(() => 1),
    'and their notes are there'
  )
  t.match(await signIn(url, 'ann@example.com'), 'ann@example.com', 'an account signs in')
  t.match((await browser.get(`${url}/account`)).text, 'ann@example.com', 'and one that was signed in still is')
}

async function backUp (t: Test, env: Record<string, string>): Promise<string> {
  const folder = join(await newFolder(t), 'of today')
  const { status, stdout, stderr } = await operator('backup', env, folder)
  t.equal(status, 0, stderr)
  t.match(stdout, /^Backup of .* entries/)
  t.equal((await stat(folder)).mode & 0o777, 0o700)
  for (const name of ['entries.jsonl', 'manifest.json']) {
    t.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name)
  }
  return folder
}

t.test('SQLite: backed up at work, lost, restored', async (t) => {
  const env = { AUTH_BACKEND: 'demo,local', SIGNUP: 'open' }
  const server = await startProcess(t, env)
  const url = urlOf(server)
  const known = await fill(url)
  // The server goes on while the backup is made.
  const over = new AbortController()
  const load = (async () => {
    while (!over.signal.aborted) await tokensFor(url, known.client)
  })()
  const folder = await backUp(t, { DATA_DIR: server.dataDir })
  over.abort()
  await load
  t.same((await readdir(folder)).sort(), ['entries.jsonl', 'library.db', 'manifest.json', 'notes.db', 'secret-key'])
  t.equal((await stat(join(folder, 'secret-key'))).mode & 0o777, 0o600)
  const written = await readFile(join(folder, 'entries.jsonl'), 'utf8')
  for (const { access, refresh } of known.held) {
    for (const token of [access, refresh, PASSWORD, known.client.client_secret!]) {
      t.notOk(written.includes(token), 'nothing in it opens anything')
    }
  }
  await signUp(url, 'too-late@example.com')
  await server.end('SIGKILL')
  for (const name of await readdir(server.dataDir)) await rm(join(server.dataDir, name), { recursive: true })

  const restored = await operator('restore', { DATA_DIR: server.dataDir }, folder)
  t.equal(restored.status, 0, restored.stderr)
  t.match(restored.stdout, /^Restored \d+ entries/)
  await server.start()
  await check(t, url, known)
  t.notMatch(await signIn(url, 'too-late@example.com'), 'too-late@example.com', 'what came after the backup is lost')

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
    t.notOk((await readdir(folderOfRedis)).includes('secret-key'), 'a key of the environment is not written down')
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

t.test('the wrong folder, key or variables are said without a stack, and nothing is made', async (t) => {
  const server = await startProcess(t, {})
  const folder = await backUp(t, { DATA_DIR: server.dataDir })
  const target = { DATA_DIR: join(await newFolder(t), 'data') }
  const refusals: Array<[string, RegExp, Record<string, string>, ...string[]]> = [
    ['restore', /Name one folder/, target],
    ['restore', /not a complete backup/, target, join(folder, 'nowhere')],
    ['restore', /SECRET_KEY: write at least 32/, { ...target, SECRET_KEY: 'short' }, folder],
    ['restore', /another secret key/, { ...target, SECRET_KEY }, folder],
    ['backup', /there is no oauth\.db/, target, join(target.DATA_DIR, '..', 'of-nothing')],
    ['audit', /there is no oauth\.db/, target],
    ['users', /there is no oauth\.db/, { ...target, AUTH_BACKEND: 'local' }, 'list'],
    ['backup', /is not empty: name a new folder/, { DATA_DIR: server.dataDir }, folder]
  ]
  for (const [name, expected, env, ...given] of refusals) {
    const { status, stderr } = await operator(name, env, ...given)
    t.equal(status, 1, `${name} ${given.join(' ')}`)
    t.match(stderr, expected)
    t.notMatch(stderr, /\n {4}at /, 'without a stack')
  }
  t.strictSame(await readdir(join(target.DATA_DIR, '..')), [], 'neither a database, nor a key, nor an empty backup')
})

t.test('a restore changes nothing unless every file of the backup is whole, and no server is running', async (t) => {
  const server = await startProcess(t, { AUTH_BACKEND: 'demo,local', SIGNUP: 'open' })
  const url = urlOf(server)
  const known = await fill(url)
  const whole = await backUp(t, { DATA_DIR: server.dataDir })
  const { access } = await tokensFor(url, known.client)
  await write(url, access)

  const running = await operator('restore', { DATA_DIR: server.dataDir }, '--replace', whole)
  t.equal(running.status, 1)
  t.match(running.stderr, /A server is running on this storage\. .* Nothing was changed/)
  t.equal(await countNotes(url, access), 1, 'it goes on as before')
  // Leaves the write-ahead logs behind: what is in them belongs to the old files.
  await server.end('SIGKILL')
  const before = await filesOf(server.dataDir)

  const damaged = join(await newFolder(t), 'damaged')
  await cp(whole, damaged, { recursive: true })
  await truncate(join(damaged, 'notes.db'), 5000)
  const refused = await operator('restore', { DATA_DIR: server.dataDir }, '--replace', damaged)
  t.equal(refused.status, 1)
  t.match(refused.stderr, /notes\.db in .* is damaged/)
  t.notMatch(refused.stderr, /\n {4}at /, 'without a stack')
  t.strictSame(await filesOf(server.dataDir), before, 'every file is as it was')

  const restored = await operator('restore', { DATA_DIR: server.dataDir }, '--replace', whole)
  t.equal(restored.status, 0, restored.stderr)
  t.strictSame((await readdir(server.dataDir)).sort(), ['library.db', 'notes.db', 'oauth.db', 'reserve', 'secret-key'])
  await server.start()
  await check(t, url, known)
  t.equal(await ping(url, access), 401, 'what came after the backup is lost')

  await server.end('SIGTERM')
  await writeFile(join(server.dataDir, 'oauth.db'), 'no database at all')
  t.equal((await operator('restore', { DATA_DIR: server.dataDir }, whole)).status, 1, 'a damaged storage is not empty')
  const mended = await operator('restore', { DATA_DIR: server.dataDir }, '--replace', whole)
  t.equal(mended.status, 0, mended.stderr)
})

async function filesOf (folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => !name.endsWith('-shm')).sort()
  return Object.fromEntries(
    await Promise.all(
      names.map(
        async (name) =>
          [
            name,
            createHash('sha256')
              .update(await readFile(join(folder, name)))
              .digest('hex')
          ] as const
      )
    )
  )
}
