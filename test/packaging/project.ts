// One project outside of the repository for all tests of this folder: where it lies, how programs run in it, and how its
// server starts. test/packaging/tarball.test.ts packs the package and makes the project, once.
import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { freePort } from '../helpers/ports.ts'
import { until } from '../helpers/until.ts'

export const run = promisify(execFile)
export const ROOT = new URL('../../', import.meta.url).pathname
export const BIN = 'node_modules/@mcp-oauth-server/server/bin/mcp-oauth-server.js'

/** A folder for the tarball and the project; {@link project} is written by `init`. */
export const place = await realpath(await mkdtemp(join(tmpdir(), 'mcp-package-')))
export const project = join(place, 'my-server')

/** This machine's own, such as its certificates and proxies, without what npm and tap tell their children. */
const outside = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:npm_|tap|_tap|node_options)/i.test(name)))
const npmConfig = async (name: string) => (await run('npm', ['config', 'get', name], { cwd: ROOT })).stdout.trim()
export const environment = {
  ...outside,
  PATH: [join(ROOT, 'node_modules/.bin'), process.env['PATH']].join(delimiter),
  HOME: place,
  // What this machine has downloaded already.
  npm_config_cache: await npmConfig('cache'),
  npm_config_registry: await npmConfig('registry'),
  npm_config_userconfig: await npmConfig('userconfig'),
  npm_config_prefer_offline: 'true',
  npm_config_update_notifier: 'false',
  npm_config_audit: 'false',
  npm_config_fund: 'false'
}

export const inProject = async (program: string, ...args: string[]) => run(program, args, { cwd: project, env: environment })
/** `npx mcp-oauth-server …`, without npx. */
export const command = async (...args: string[]) => inProject(process.execPath, BIN, ...args)
/** The compiler of this repository, over all of the project. */
export const compile = async () =>
  inProject(process.execPath, join(ROOT, 'node_modules/typescript/lib/tsc.js'), '-p', project, '--resolveJsonModule')

/** @param files by their paths in the project. */
export async function writeFiles (files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(project, path)), { recursive: true })
    await writeFile(join(project, path), text)
  }
}

export interface Started {
  url: string
  output(): string
  /** Sends SIGTERM. @returns the exit code. */
  stop(): Promise<number | null>
  signal(name: NodeJS.Signals): void
}

/** `mcp-oauth-server start`, or another command that serves, in the project as a process; it ends with the test. */
export async function start (t: Test, env: Record<string, string> = {}, line: readonly string[] = ['start']): Promise<Started> {
  const port = env['PORT'] ?? String(await freePort())
  const server = spawn(process.execPath, [BIN, ...line], {
    cwd: project,
    env: { ...environment, RATE_LIMITS: 'off', ...env, PORT: port },
    stdio: 'pipe'
  })
  let output = ''
  for (const stream of [server.stdout, server.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text })
  const ended = new Promise<number | null>((resolve) => { server.once('close', resolve) })
  const stop = () => {
    server.kill('SIGTERM')
    return ended
  }
  t.teardown(stop)
  const answers = () => fetch(`http://127.0.0.1:${port}/health/ready`).then(({ ok }) => ok, () => false)
  // The lines that a start prints come last.
  const isReady = await until(async () => server.exitCode !== null || (output.includes('  MCP server ') && await answers()))
  if (!isReady || server.exitCode !== null) throw new Error(`the server did not start:\n${output}`)
  return { url: `http://localhost:${port}`, output: () => output, stop, signal: (name) => { server.kill(name) } }
}
