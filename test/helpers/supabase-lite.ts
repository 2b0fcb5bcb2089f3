// A real Supabase Auth for tests: @supabase/lite in a process and a folder of its own, on a free loopback port.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { childEnvironment } from './child-environment.ts'

export interface TestSupabase {
  url: string
  anonKey: string
  /** Follows the link of the last message to this address, as its reader would. */
  confirm(email: string): Promise<void>
  /** The code of the last message to this address. */
  code(email: string): Promise<string>
  stop(): Promise<void>
}

const START_MS = 30_000

/**
 * @param options `confirmations: false` lets new accounts in at once, as a project with "Confirm email" off does.
 * `schema`: tables, in Postgres SQL.
 */
export async function startSupabase (options: { confirmations?: boolean; schema?: string } = {}): Promise<TestSupabase> {
  const folder = await mkdtemp(join(tmpdir(), 'supabase-lite-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const anonKey = `sb_publishable_${randomBytes(24).toString('base64url')}`
  await mkdir(join(folder, 'supabase', '.temp'), { recursive: true })
  await writeFile(
    join(folder, 'supabase', 'config.toml'),
    configuration(port, url, anonKey, options.confirmations ?? true)
  )

  if (options.schema) {
    await mkdir(join(folder, 'supabase', 'schemas'))
    await writeFile(join(folder, 'supabase', 'schemas', 'schema.sql'), options.schema)
  }

  // The package exports no path to its command; it lies beside its main file.
  const command = join(dirname(fileURLToPath(import.meta.resolve('@supabase/lite'))), 'cli', 'index.js')
  const child = spawn(process.execPath, [command, options.schema ? 'dev' : 'start', '--no-admin'], {
    cwd: folder,
    env: childEnvironment({ HOME: folder, DO_NOT_TRACK: '1', NO_COLOR: '1' }),
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    output += chunk
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const kill = () => {
    child.kill('SIGKILL')
  }
  process.once('exit', kill)

  async function stop (): Promise<void> {
    process.off('exit', kill)
    kill()
    await ended
    await rm(folder, { recursive: true, force: true })
  }

  /** Waits until `look` finds something. */
  async function until<T> (what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
    for (const timeout = Date.now() + START_MS; Date.now() < timeout; await wait(25)) {
      const found = await look()
      if (found !== undefined) return found
      if (child.exitCode !== null) break
    }
    throw new Error(`@supabase/lite: ${what} did not happen. Its output:\n${output}`)
  }

  async function confirm (email: string): Promise<void> {
    const link = await until(`a message to ${email}`, () => lastLink(output, email))
    const location = (await fetch(link, { redirect: 'manual' })).headers.get('location') ?? ''
    if (location === '' || location.includes('error')) {
      throw new Error(`@supabase/lite did not confirm ${email}: ${location}`)
    }
  }

  const code = (email: string) => until(`a code for ${email}`, () => lastCode(output, email))

  try {
    await until('a start', () =>
      fetch(`${url}/auth/v1/settings`, { headers: { apikey: anonKey } }).then(
        (answer) => answer.ok || undefined,
        () => undefined
      )
    )
  } catch (error) {
    await stop()
    throw error
  }
  return { url, anonKey, confirm, code, stop }
}

/** The mail catcher prints `To:` and, some lines below, the link. */
function lastLink (output: string, email: string): string | undefined {
  const message = output.split('email captured').findLast((part) => part.includes(`To: ${email}\n`))
  return message && /follow this link: (\S+)/.exec(message)?.[1]
}

/** The same message has the code beside the link. */
const lastCode = (output: string, email: string): string | undefined =>
  /\b(\d{6})\b/.exec(output.split('email captured').findLast((part) => part.includes(`To: ${email}\n`)) ?? '')?.[1]

/** The command says `:0` when it is given port 0, so the port is chosen for it. */
async function freePort (): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const configuration = (port: number, url: string, publishableKey: string, confirmations: boolean): string => `
[api]
port = ${port}

[db]
driver = "sqlite-postgres"
url = "file:./supabase/.temp/data.db"

[auth]
enabled = true
site_url = "${url}"
jwt_secret = "${randomBytes(48).toString('base64url')}"
jwt_expiry = 3600
enable_signup = true
publishable_key = "${publishableKey}"
secret_key = "sb_secret_${randomBytes(24).toString('base64url')}"

[auth.email]
enable_confirmations = ${confirmations}
`
