// A real Postgres server for tests: the one of TEST_POSTGRES_URL, or the `postgres` of this computer, installed with
// apt-get when we are root.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, globSync } from 'node:fs'
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from './ports.ts'

export interface TestPostgres {
  /** An empty database of its own; whoever connects with this URL may do everything in it, and make roles. */
  newDatabase(): Promise<string>
  /** Drops what was made, and ends a server of our own. It may be called again. */
  stop(): Promise<void>
}

export interface OwnPostgres extends TestPostgres {
  /** Ends the server the hard way, and starts it again on the same port and data. Not where the server is that of TEST_POSTGRES_URL. */
  kill(): Promise<void>
  restart(): Promise<void>
}

const WHY =
  'Postgres cannot be had: install postgresql, or point TEST_POSTGRES_URL at a server where databases may be made'

let shared: Promise<TestPostgres | undefined> | undefined

/**
 * One server is for all files of a room, each with databases of its
 * own: each stops it after the last test of the room.
 * @returns undefined, with `noPostgres` to say, when there is no Postgres and CI is not set.
 * @throws with that sentence when it is.
 */
export const startPostgres = (): Promise<TestPostgres | undefined> => (shared ??= startOwnPostgres())

/** A server for one file alone, which may end it: see {@link startPostgres}. */
export async function startOwnPostgres (): Promise<OwnPostgres | undefined> {
  const given = process.env['TEST_POSTGRES_URL']
  if (given) return onServer(given, refuseToEnd, refuseToEnd, async () => {})
  const programs = findPrograms()
  if (programs === undefined) {
    if (process.env['CI']) throw new Error(WHY)
    return undefined
  }
  const server = await startServer(programs)
  return onServer(server.url, server.kill, server.start, server.stop)
}

export const noPostgres = WHY

const refuseToEnd = async () => {
  throw new Error('the server of TEST_POSTGRES_URL is not ours to end')
}

function onServer (
  url: string,
  kill: () => Promise<void>,
  restart: () => Promise<void>,
  stop: () => Promise<void>
): OwnPostgres {
  const made: string[] = []
  const run = async (sql: string) => {
    const admin = await connect(url)
    await admin.query(sql)
    await admin.end()
  }
  return {
    kill,
    restart,
    async newDatabase () {
      const name = `t_${randomBytes(8).toString('hex')}`
      await run(`CREATE DATABASE ${name}`)
      made.push(name)
      return Object.assign(new URL(url), { pathname: `/${name}` }).href
    },
    async stop () {
      for (const name of process.env['TEST_POSTGRES_URL'] ? made : []) {
        await run(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      }
      await stop()
    }
  }
}

async function connect (url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {
    /* a test may end the server */
  })
  await client.connect()
  return client
}

/**
 * Hands a database over to a role of its own, which may do everything
 * in it and nothing to the server, as hosts give it
 * out.
 * @param sql run as that role.
 */
export async function asOwner (url: string, sql: string): Promise<string> {
  const role = `owner_${randomBytes(8).toString('hex')}`
  const admin = await connect(url)
  await admin.query(
    `CREATE ROLE ${role} LOGIN PASSWORD '${role}'; ALTER DATABASE ${new URL(url).pathname.slice(1)} OWNER TO ${role}; ALTER SCHEMA public OWNER TO ${role}`
  )
  await admin.end()
  const owned = Object.assign(new URL(url), { username: role, password: role }).href
  const owner = await connect(owned)
  await owner.query(sql)
  await owner.end()
  return owned
}

/** The folder with `postgres` and `initdb`: on PATH, or where Debian keeps the newest version. */
function findPrograms (): string | undefined {
  const folders = () => [
    ...(process.env['PATH'] ?? '').split(delimiter),
    ...globSync('/usr/lib/postgresql/*/bin').sort().reverse()
  ]
  const find = () =>
    folders().find((folder) => ['postgres', 'initdb'].every((program) => existsSync(join(folder, program))))
  return find() ?? (process.getuid?.() === 0 && install() ? find() : undefined)
}

/** RUNLEVEL keeps the package from starting a server of its own. */
function install (): boolean {
  spawnSync('apt-get', ['update', '-qq'])
  return (
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'postgresql'], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
    }).status === 0
  )
}

/** Postgres refuses to run as root. */
function otherUser (): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const numbers = (name: string) =>
    ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout.trim())
  const [uid, gid] = [numbers('postgres'), numbers('nobody')].find(([uid]) => uid !== '')!
  return { uid: Number(uid), gid: Number(gid) }
}

async function startServer (programs: string) {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'mcp-postgres-'))
  const user = otherUser()
  await chmod(folder, 0o700)
  if (user) await chown(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  const options = { ...user, cwd: folder, env: { PATH: process.env['PATH'], HOME: folder, LC_ALL: 'C.UTF-8' } }
  const made = spawnSync(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
    { ...options, encoding: 'utf8' }
  )
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)

  let server: ChildProcess
  const isOver = () => server.exitCode !== null || server.signalCode !== null
  const start = async () => {
    // fsync is off for speed: what was committed outlives a kill of the
    // server all the same, if not of the computer.
    server = spawn(
      join(programs, 'postgres'),
      [
        '-D',
        data,
        '-p',
        String(port),
        '-c',
        'listen_addresses=127.0.0.1',
        '-c',
        'unix_socket_directories=',
        '-c',
        'fsync=off',
        '-c',
        'max_connections=60'
      ],
      { ...options, stdio: 'ignore' }
    )
    while (true) {
      const client = await connect(url).catch(() => undefined)
      if (client) return client.end()
      if (isOver()) throw new Error('postgres did not start')
      await sleep(25)
    }
  }
  /** SIGQUIT ends the server and its children at once, without a clean shutdown. */
  const kill = async () => {
    if (isOver()) return
    const over = new Promise((resolve) => server.once('exit', resolve))
    server.kill('SIGQUIT')
    await over
  }
  const killNow = () => {
    server.kill('SIGQUIT')
  }
  process.once('exit', killNow)
  const stop = async () => {
    process.off('exit', killNow)
    await kill()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await start()
  } catch (error) {
    await stop()
    throw error
  }
  return { url, start, kill, stop }
}
