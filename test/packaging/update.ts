// An update of a project that an earlier version made: its data is migrated, and its own files are as they were. Called by
// test/packaging/tarball.test.ts.
import { createHash } from 'node:crypto'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { signInWith, v2Dialects, withPassword } from '../helpers/sdk-client.ts'
import { environment, inProject, place, project, ROOT, run, start, writeFiles } from './project.ts'

/** Made by the first version; see its README.md. */
const FIRST_DATA = new URL('../fixtures/first-version/sqlite/', import.meta.url)

async function pack (folder: string, ...options: string[]): Promise<string> {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', place, ...options], { cwd: folder, env: environment, maxBuffer: 32 * 1024 * 1024 })
  return join(place, JSON.parse(stdout.slice(stdout.indexOf('[')))[0].filename)
}

/** @returns the package of the latest tag, or undefined while nothing has been released. */
async function packPrevious (): Promise<string | undefined> {
  const tag = await run('git', ['describe', '--tags', '--abbrev=0', '--match', 'v*'], { cwd: ROOT }).then(({ stdout }) => stdout.trim(), () => undefined)
  if (tag === undefined) return undefined
  const folder = join(place, tag)
  await mkdir(folder)
  await run('sh', ['-c', `git archive ${tag} | tar -x -C ${folder}`], { cwd: ROOT })
  await run('npm', ['ci'], { cwd: folder, env: environment })
  return pack(folder)
}

/** The same package under the next version, so that npm has something to update to. */
async function packNext (): Promise<string> {
  const folder = join(place, 'next')
  await cp(join(project, 'node_modules/@mcp-oauth-server/server'), folder, { recursive: true })
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  await writeFile(join(folder, 'package.json'), JSON.stringify({ ...manifest, version: `${Number(manifest.version.split('.')[0]) + 1}.0.0` }))
  return pack(folder, '--ignore-scripts')
}

/** A digest of each file that is the author's: everything but packages, their list, and data. */
async function ownFiles (): Promise<Record<string, string>> {
  const entries = await readdir(project, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(project.length + 1))
  const own = paths.filter((path) => !/^(?:node_modules|data)\/|^package(?:-lock)?\.json$/.test(path)).sort()
  return Object.fromEntries(await Promise.all(own.map(async (path) => [path, createHash('sha256').update(await readFile(join(project, path))).digest('hex')])))
}

export async function update (t: Test): Promise<void> {
  const previous = await packPrevious()
  t.comment(previous === undefined ? 'nothing has been released yet: the data is that of the first version' : `from ${previous}`)
  if (previous !== undefined) await inProject('npm', 'install', previous)
  const { secretKey, email, note } = JSON.parse(await readFile(new URL('secrets.json', FIRST_DATA), 'utf8'))
  const dataDir = join(project, 'data')
  await cp(FIRST_DATA, dataDir, { recursive: true })
  await writeFiles({ 'tools/mine.ts': (await readFile(join(project, 'tools/roll-dice.ts'), 'utf8')).replace("'roll_dice'", "'mine'") })
  const before = await ownFiles()

  await inProject('npm', 'install', await packNext())
  t.same(await ownFiles(), before, 'what the author wrote is as it was')
  const { dependencies } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8'))
  t.same(Object.keys(dependencies), ['@mcp-oauth-server/server'])

  const server = await start(t, { DATA_DIR: dataDir, SECRET_KEY: secretKey, AUTH_BACKEND: 'local' })
  const client = await (await signInWith(server.url, v2Dialects[0], withPassword(email))).connect()
  t.match(JSON.stringify(await client.callTool({ name: 'fetch', arguments: { id: note } })), 'written by the first version')
  t.match(await client.callTool({ name: 'mine', arguments: {} }), { structuredContent: { rolled: [Number] } })
  await client.close()
  t.equal(await server.stop(), 0)
}
