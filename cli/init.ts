// `mcp-oauth-server init FOLDER`: writes a new project from template/, installs what it needs, and prints the next steps.
// Tested in test/packaging/tarball.test.ts.
import { spawnSync } from 'node:child_process'
import { glob, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { version } from '../version.ts'
import { fail, OperatorError, parseOptions } from './command.ts'

const HELP = `Writes a new project: a server with a tool of your own and its test.
  npx @mcp-oauth-server/server init my-server

  --skip-install      writes the files only
  --package SPEC      the package to depend on, such as a file or a tag, instead of this version
`
const TEMPLATE = fileURLToPath(new URL('../template', import.meta.url))
/** Files that npm would leave out of the package, or interpret, under their real names. */
const RENAMED: Record<string, string> = { env: '.env', gitignore: '.gitignore', dockerignore: '.dockerignore' }
const WORDS = /\{\{(\w+)\}\}/g

try {
  const { values, positionals } = parseOptions({
    allowPositionals: true,
    options: { help: { type: 'boolean' }, 'skip-install': { type: 'boolean' }, package: { type: 'string' } }
  }, HELP)
  if (values.help) process.stdout.write(HELP)
  else if (positionals.length !== 1) throw new OperatorError(`Name one folder.\n${HELP}`)
  else {
    const folder = resolve(positionals[0]!)
    await writeProject(folder, { name: packageName(folder), dependency: values.package ?? `^${version}` })
    if (!values['skip-install']) install(folder)
    process.stdout.write(nextSteps(positionals[0]!, values['skip-install'] ?? false))
  }
} catch (error) {
  fail(error)
}

/** @throws OperatorError where something would be overwritten. */
async function writeProject (folder: string, words: Record<string, string>): Promise<void> {
  const there = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new OperatorError(`${folder} cannot be used: ${error.message}`)
  })
  if (there.some((name) => name !== '.git')) throw new OperatorError(`${folder} is not empty: name a new folder.`)
  for await (const entry of glob('**/*', { cwd: TEMPLATE, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const source = join(entry.parentPath, entry.name)
    const target = join(folder, entry.parentPath.slice(TEMPLATE.length), RENAMED[entry.name] ?? entry.name)
    const text = await readFile(source, 'utf8')
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, text.replace(WORDS, (match, word: string) => words[word] ?? match))
  }
}

/** A name that npm and Fly.io accept: lower case letters, digits and `-`. */
function packageName (folder: string): string {
  return basename(folder).toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '') || 'my-server'
}

function install (folder: string): void {
  process.stdout.write(`Installing packages in ${folder} …\n`)
  const { status, error } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: 'inherit',
    shell: process.platform === 'win32'
  })
  if (status !== 0) {
    throw new OperatorError(`npm install failed${error ? `: ${error.message}` : ''}. The files are written: run it again there.`)
  }
}

function nextSteps (folder: string, skippedInstall: boolean): string {
  return `
Done. Next:

  cd ${folder}${skippedInstall ? '\n  npm install' : ''}
  npm start

tools/roll-dice.ts is an example of a tool, docs/ is what search finds, and .env has the settings.
`
}
