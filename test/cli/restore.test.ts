// What `npm run restore` refuses: a wrong folder, key or variable, a damaged backup, a running server. Nothing changes.
import { createHash } from 'node:crypto'
import { cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { newClient, ping, tokensFor } from '../helpers/oauth.ts'
import { startProcess } from '../helpers/processes.ts'
import { canHaveRedis, noRedis } from '../helpers/redis.ts'
import { startCluster, until } from '../helpers/redis-cluster.ts'
import { SECRET_KEY, operator, newFolder, urlOf, write, countNotes, fill, check, backUp } from './backups.ts'

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
    ['backup', /is not empty: name a new folder/, { DATA_DIR: server.dataDir }, folder],
    ['backup', /EEXIST: file already exists/, { DATA_DIR: server.dataDir }, join(folder, 'manifest.json')]
  ]
  for (const [name, expected, env, ...given] of refusals) {
    const { status, stderr } = await operator(name, env, ...given)
    t.equal(status, 1, `${name} ${given.join(' ')}`)
    t.match(stderr, expected)
    t.notMatch(stderr, /\n {4}at /, 'without a stack')
  }
  t.strictSame(
    await readdir(join(target.DATA_DIR, '..')),
    [],
    'neither a database, nor a key, nor an empty backup'
  )
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

  // Of a restore that was killed.
  await cp(whole, join(server.dataDir, 'restore-a1B2c3'), { recursive: true })
  const restored = await operator('restore', { DATA_DIR: server.dataDir }, '--replace', whole)
  t.equal(restored.status, 0, restored.stderr)
  t.strictSame(
    (await readdir(server.dataDir)).sort(),
    ['library.db', 'notes.db', 'oauth.db', 'reserve', 'secret-key']
  )
  await server.start()
  await check(t, url, known)
  t.equal(await ping(url, access), 401, 'what came after the backup is lost')

  await server.end('SIGTERM')
  await writeFile(join(server.dataDir, 'oauth.db'), 'no database at all')
  t.equal(
    (await operator('restore', { DATA_DIR: server.dataDir }, whole)).status,
    1,
    'a damaged storage is not empty'
  )
  const withoutNotes = join(await newFolder(t), 'without-notes')
  await cp(whole, withoutNotes, { recursive: true })
  const manifest = JSON.parse(await readFile(join(withoutNotes, 'manifest.json'), 'utf8'))
  manifest.databases = manifest.databases.filter(({ name }: { name: string }) => name !== 'notes.db')
  await writeFile(join(withoutNotes, 'manifest.json'), JSON.stringify(manifest))
  const mended = await operator('restore', { DATA_DIR: server.dataDir }, '--replace', withoutNotes)
  t.equal(mended.status, 0, mended.stderr)
  const left = (await readdir(server.dataDir)).filter((name) => name.startsWith('notes'))
  t.strictSame(left, [], 'notes of another time are replaced by none')
})

t.test('notes are not overwritten unless that is asked for, also where nothing else is stored beside them (SG-25)', async (t) => {
  const server = await startProcess(t, {})
  const url = urlOf(server)
  const { access } = await tokensFor(url, await newClient(url))
  await write(url, access)
  const folder = await backUp(t, { DATA_DIR: server.dataDir })
  await write(url, access)
  const later = await backUp(t, { DATA_DIR: server.dataDir })
  await server.end('SIGTERM')
  // As of a server whose people are in a Redis that was lost.
  await rm(join(server.dataDir, 'oauth.db'))
  const refused = await operator('restore', { DATA_DIR: server.dataDir }, folder)
  t.match(
    refused,
    { status: 1, stderr: /notes\.db may have notes that the backup does not have\. Nothing was changed\. .* add --replace/ }
  )
  const notes = new DatabaseSync(join(server.dataDir, 'notes.db'))
  t.match(notes.prepare('SELECT count(*) AS n FROM notes').get(), { n: 2 }, 'all notes are there')
  notes.close()
  t.match(
    await operator('restore', { DATA_DIR: server.dataDir }, later),
    { status: 0 },
    'none of those is lost'
  )
  t.match(await operator('restore', { DATA_DIR: server.dataDir }, '--replace', folder), { status: 0 })
  await writeFile(join(server.dataDir, 'notes.db'), 'no database at all')
  await rm(join(server.dataDir, 'oauth.db'))
  t.match(
    await operator('restore', { DATA_DIR: server.dataDir }, later),
    { status: 1, stderr: /may have notes/ }
  )
})

t.test('files that this user may not open are said without a stack, and nothing is made (SG-26)', async (t) => {
  const server = await startProcess(t, {})
  const folder = await backUp(t, { DATA_DIR: server.dataDir })
  const DATA_DIR = await newFolder(t)
  // Root may open everything but a folder.
  await mkdir(join(DATA_DIR, 'oauth.db'))
  const refused = await operator('restore', { DATA_DIR }, '--replace', folder)
  t.match(refused, { status: 1, stderr: /^DATA_DIR: the server cannot write to [^\n]*\n$/ })
  t.strictSame(await readdir(DATA_DIR), ['oauth.db'])
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

t.test('a server that listens at a replica of a cluster is running as well (SG-45)', { skip: canHaveRedis() ? false : noRedis }, async (t) => {
  const server = await startProcess(t, { SECRET_KEY })
  const folder = await backUp(t, { DATA_DIR: server.dataDir, SECRET_KEY })
  const cluster = await startCluster(3, 1)
  t.teardown(() => cluster.stop())
  // As the bus of an instance does, at whichever member it has drawn.
  const listener = cluster.replicas[0]!.client.duplicate()
  t.teardown(() => listener.disconnect())
  await listener.subscribe('mcp:bus:1:0:check')
  // Members name a replica once it has taken something.
  await until(async () => JSON.stringify(await cluster.masters[0]!.client.cluster('SLOTS')).includes(`,${cluster.replicas[0]!.port},`))
  const env = { DATA_DIR: join(await newFolder(t), 'data'), SECRET_KEY, REDIS_URL: cluster.url }
  const { status, stderr } = await operator('restore', env, folder)
  t.equal(status, 1)
  t.match(stderr, /A server is running on this storage/)
})
