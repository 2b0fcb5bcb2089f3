// The package as people take it: packed, installed in a folder outside the repository, and a project made with it. Its own test,
// its types, a tool, a worker's task, a start and an end, and no way to anything that is private.
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, realpath, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { freePort } from '../helpers/ports.ts'
import { until } from '../helpers/until.ts'

const run = promisify(execFile)
const ROOT = new URL('../../', import.meta.url).pathname
const BIN = 'node_modules/@mcp-oauth-server/server/bin/mcp-oauth-server.js'
const MAX_PACKED_BYTES = 3_000_000

// An installation from the registry can be slow.
t.setTimeout(600_000)

const place = await realpath(await mkdtemp(join(tmpdir(), 'mcp-package-')))
t.teardown(() => rm(place, { recursive: true, force: true }))
const project = join(place, 'my-server')
/** This machine's own, such as its certificates and proxies, without what npm and tap tell their children. */
const outside = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:npm_|tap|_tap|node_options)/i.test(name)))
const npmConfig = async (name: string) => (await run('npm', ['config', 'get', name], { cwd: ROOT })).stdout.trim()
const environment = {
  ...outside,
  PATH: [join(ROOT, 'node_modules/.bin'), process.env['PATH']].join(delimiter),
  HOME: place,
  // What this machine has downloaded already.
  npm_config_cache: await npmConfig('cache'),
  npm_config_registry: await npmConfig('registry'),
  npm_config_userconfig: await npmConfig('userconfig'),
  npm_config_prefer_offline: 'true',
  npm_config_update_notifier: 'false'
}
const inProject = async (program: string, ...args: string[]) => run(program, args, { cwd: project, env: environment })
const command = async (...args: string[]) => inProject(process.execPath, BIN, ...args)

let tarball = ''

t.test('the tarball holds what runs, its types, the guides, and no test, bench or source', async (t) => {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', place], { cwd: ROOT, maxBuffer: 32 * 1024 * 1024 })
  const [{ filename, size, files }] = JSON.parse(stdout.slice(stdout.indexOf('[')))
  tarball = join(place, filename)
  t.ok(size < MAX_PACKED_BYTES, `${size} bytes packed`)
  const paths: string[] = files.map(({ path }: { path: string }) => path)
  const rooms = [...new Set(paths.map((path) => path.split('/').slice(0, 2).join('/').replace(/\.(?:d\.ts|js|js\.map)$/, '')))]
  t.same(rooms.filter((room) => /^(?:dist\/(?:test|bench|packaging)|test|bench|src)$/.test(room)), [])
  t.same(paths.filter((path) => /\.ts$/.test(path) && !/\.d\.ts$/.test(path) && !path.startsWith('dist/template/')), [])
  for (const path of ['dist/views/home.eta', 'dist/views/icon.png', 'dist/template/gitignore', 'docs/getting-started.md', '.env.example', 'LICENSE']) {
    t.ok(paths.includes(path), path)
  }
})

t.test('init writes a project and installs it; it never overwrites one', async (t) => {
  // What was packed a moment ago.
  const init = async (...args: string[]) => run(process.execPath, [join(ROOT, 'bin/mcp-oauth-server.js'), 'init', project, ...args], { env: environment })
  const { stdout } = await init('--package', `file:${tarball}`)
  t.match(stdout, 'npm start')
  t.same((await readdir(project)).filter((name) => name !== 'package-lock.json').sort(), [
    '.dockerignore', '.env', '.gitignore', 'Dockerfile', 'README.md', 'docker-compose.yml', 'docs', 'fly.toml', 'node_modules', 'package.json',
    'test', 'tools', 'tsconfig.json'
  ])
  t.equal(JSON.parse(await readFile(join(project, 'package.json'), 'utf8')).name, 'my-server')
  const before = await stat(join(project, 'package.json'))
  const again = await init().catch((error) => error)
  t.match(again, { code: 1, stderr: 'my-server is not empty: name a new folder.' })
  t.equal((await stat(join(project, 'package.json'))).mtimeMs, before.mtimeMs)
})

t.test('the project passes its own test and its own type check', async (t) => {
  t.match((await inProject('npm', 'test')).stdout, /pass 3\b/)
  await t.resolves(inProject(process.execPath, join(ROOT, 'node_modules/typescript/lib/tsc.js'), '-p', project))
})

t.test('call runs a tool of the project, and one that needs a worker', async (t) => {
  t.match(JSON.parse((await command('call', 'roll_dice', '{"dice":3}')).stdout).rolled, { length: 3 })
  const text = 'a,b\n1,2\n3,4'
  t.match(JSON.parse((await command('call', 'analyze', JSON.stringify({ text }))).stdout).columns, { length: 2 })
  t.match(await command('call', 'nothing').catch((error) => error), { code: 1, stderr: /^There is no tool "nothing"\. There are: .*roll_dice/ })
})

t.test('start serves the project, and SIGTERM ends it; SIGUSR1 opens no debugger', async (t) => {
  const port = String(await freePort())
  const server = spawn(process.execPath, [BIN, 'start'], { cwd: project, env: { ...environment, PORT: port }, stdio: 'pipe' })
  let output = ''
  for (const stream of [server.stdout, server.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text })
  const ended = new Promise((resolve) => { server.once('exit', resolve) })
  try {
    await until(async () => fetch(`http://127.0.0.1:${port}/health/ready`).then(({ ok }) => ok, () => false))
    server.kill('SIGUSR1')
    const page = await (await fetch(`http://localhost:${port}/`, { headers: { accept: 'text/html' } })).text()
    t.match(page, 'roll_dice')
    t.match(page, 'calculate')
  } finally {
    server.kill('SIGTERM')
  }
  t.equal(await ended, 0)
  t.match(output, `http://localhost:${port}`)
  t.notMatch(output, 'Debugger listening')
  t.ok((await readdir(join(project, 'data'))).includes('oauth.db'), 'data is the project’s')
})

t.test('only what is exported can be imported', async (t) => {
  const load = async (path: string) =>
    inProject(process.execPath, '--input-type=module', '-e', `console.log(Object.keys(await import(${JSON.stringify(path)})).sort().join())`)
  t.equal(
    (await load('@mcp-oauth-server/server')).stdout.trim(),
    'ToolError,audio,definePrompt,defineResource,defineSource,defineTool,embed,form,image,isToolError,link,list,openUrl,roots,sample,text,z'
  )
  t.equal((await load('@mcp-oauth-server/server/testing')).stdout.trim(), 'createContext,startServer')
  t.equal((await load('@mcp-oauth-server/server/fastify')).stdout.trim(), 'default')
  for (const path of ['dist/app.js', 'fastify/plugin.ts', 'dist/authoring/index.js', 'app.ts']) {
    t.match(await load(`@mcp-oauth-server/server/${path}`).catch((error) => error), { stderr: /ERR_PACKAGE_PATH_NOT_EXPORTED/ })
  }
})

t.test('an older Node gets one sentence', async (t) => {
  const older = 'data:text/javascript,Object.defineProperty(process,"versions",{value:{node:"20.1.0"}})'
  const { code, stdout, stderr } = await inProject(process.execPath, '--import', older, BIN, 'start').catch((error) => error)
  t.match({ code, stdout, stderr }, { code: 1, stdout: '', stderr: /^mcp-oauth-server needs Node 24 or newer, and this is .*\n$/ })
})
