// The package as people take it: packed, installed in a folder outside the repository, and a project made with it. Its size,
// its types, its own test, a tool, a worker's task, a start and an end, clients, what authors write, and an update. All
// with one installation, which is why the parts are called from here.
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { clientJourneys, protectJourney } from './client-journeys.ts'
import { exampleFiles, otherFiles, ownBackendAndSource, ownFiles } from './own-files.ts'
import {
  command,
  compile,
  environment,
  inProject,
  BIN,
  place,
  project,
  ROOT,
  run,
  start,
  writeFiles
} from './project.ts'
import { update } from './update.ts'

const MAX_PACKED_BYTES = 3_000_000
/** About 113 MB in November 2026. What packages of packages take changes as they publish: an eighth is room for that. */
const MAX_INSTALLED_KB = 128 * 1024
/** Of the project itself, not of the package. */
const DEVELOPMENT = ['typescript', '@types', 'undici-types'].map((name) => `--exclude=${name}`)

// An installation from the registry can be slow.
t.setTimeout(900_000)
t.teardown(() => rm(place, { recursive: true, force: true }))

let tarball = ''

t.test('the tarball holds what runs, its types, the guides, and no test, bench or source', async (t) => {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', place], { cwd: ROOT, maxBuffer: 32 * 1024 * 1024 })
  const [{ filename, size, files }] = JSON.parse(stdout.slice(stdout.indexOf('[')))
  tarball = join(place, filename)
  t.ok(size < MAX_PACKED_BYTES, `${size} bytes packed`)
  const paths: string[] = files.map(({ path }: { path: string }) => path)
  const rooms = [...new Set(paths.map((path) => path.split('/').slice(0, 2).join('/').replace(/\.(?:d\.ts|js|js\.map)$/, '')))]
  t.same(rooms.filter((room) => /^(?:dist\/(?:test|bench|packaging)|test|bench|src)$/.test(room)), [])
  t.same(
    paths.filter((path) => /\.ts$/.test(path) && !/\.d\.ts$/.test(path) && !path.startsWith('dist/template/')),
    []
  )
  for (const path of [
    'dist/views/home.eta', 'dist/views/icon.png', 'dist/template/gitignore', 'dist/tools/calculate.js', 'dist/tools/calculate.js.map',
    'dist/plugins/workers/child.js', 'dist/authoring/index.d.ts', 'docs/getting-started.md', '.env.example', 'LICENSE'
  ]) t.ok(paths.includes(path), path)
})

t.test('init writes a project and installs it, within its size; it never overwrites one', async (t) => {
  const began = performance.now()
  // What was packed a moment ago.
  const init = async (...args: string[]) => run(process.execPath, [join(ROOT, 'bin/mcp-oauth-server.js'), 'init', project, ...args], { env: environment })
  const { stdout } = await init('--package', `file:${tarball}`)
  t.match(stdout, 'npm start')
  t.match(JSON.parse((await command('call', 'roll_dice')).stdout).rolled, { length: 1 })
  t.comment(`${((performance.now() - began) / 1000).toFixed(1)} seconds from init to the answer of a tool`)
  t.same((await readdir(project)).filter((name) => name !== 'package-lock.json').sort(), [
    '.dockerignore', '.env', '.gitignore', 'Dockerfile', 'README.md', 'docker-compose.yml', 'docs', 'fly.toml', 'node_modules', 'package.json',
    'test', 'tools', 'tsconfig.json'
  ])
  t.equal(JSON.parse(await readFile(join(project, 'package.json'), 'utf8')).name, 'my-server')
  const before = await stat(join(project, 'package.json'))
  const again = await init().catch((error) => error)
  t.match(again, { code: 1, stderr: 'my-server is not empty: name a new folder.' })
  t.equal((await stat(join(project, 'package.json'))).mtimeMs, before.mtimeMs)
  // From its lock file, as an image and a build machine install it.
  t.equal((await inProject('npm', 'ci')).stderr, '')
  const kilobytes = Number.parseInt((await inProject('du', '-sk', ...DEVELOPMENT, 'node_modules')).stdout, 10)
  t.ok(kilobytes <= MAX_INSTALLED_KB, `${kilobytes} KB installed`)
})

t.test('the project passes its own test and its type check, and so do the promised types and every example of the guides', async (t) => {
  t.match((await inProject('npm', 'test')).stdout, /pass 3\b/)
  const examples = await exampleFiles()
  t.ok(Object.keys(examples).length >= 11, Object.keys(examples).join())
  const others = { 'exports.ts': await readFile(new URL('consumer/exports.ts', import.meta.url), 'utf8'), ...await ownFiles() }
  await writeFiles({ ...examples, ...others })
  await t.resolves(compile())
  for (const path of ['examples', 'sources', ...Object.keys(others)]) await rm(join(project, path), { recursive: true, force: true })
})

t.test('call runs a tool of the project, and one that needs a worker', async (t) => {
  t.match(JSON.parse((await command('call', 'roll_dice', '{"dice":3}')).stdout).rolled, { length: 3 })
  const text = 'a,b\n1,2\n3,4'
  t.match(
    JSON.parse((await command('call', 'analyze', JSON.stringify({ text }))).stdout).columns,
    { length: 2 }
  )
  t.match(
    await command('call', 'nothing').catch((error) => error),
    { code: 1, stderr: /^There is no tool "nothing"\. There are: .*roll_dice/ }
  )
})

t.test('what needs a package that is not installed says how to install it', async (t) => {
  const example = JSON.stringify({ kind: 'code', example: '{"a":1}' })
  t.match(
    await command('call', 'generate', example).catch((error) => error),
    { code: 1, stdout: /npm install quicktype-core@26/ }
  )
  await t.rejects(start(t, { DATA_DIR: join(place, 'none'), METRICS_TOKEN: 'f3b1c9a07d5e42688e1d' }), {
    message: /could not start\.\n.*METRICS_TOKEN: .* npm install prom-client@15\n/
  })
})

t.test('start serves the project, and SIGTERM ends it; SIGUSR1 opens no debugger', async (t) => {
  const server = await start(t)
  server.signal('SIGUSR1')
  const page = await (await fetch(server.url, { headers: { accept: 'text/html' } })).text()
  t.match(page, 'roll_dice')
  t.match(page, 'calculate')
  t.equal(await server.stop(), 0)
  t.match(server.output(), server.url)
  t.notMatch(server.output(), 'Debugger listening')
  t.ok((await readdir(join(project, 'data'))).includes('oauth.db'), 'data is the project’s')
  await rm(join(project, 'data'), { recursive: true })
})

t.test('the official clients sign in and call a tool', clientJourneys)
t.test('protect puts an existing server behind the sign-in with one command', protectJourney)
t.test('a backend and a source of the project’s own are served', ownBackendAndSource)
t.test('a tool may be .ts, .js or .mjs; one that is exported by name only is reported', otherFiles)

t.test('only what is exported can be imported', async (t) => {
  const load = async (path: string) =>
    inProject(process.execPath, '--input-type=module', '-e', `console.log(Object.keys(await import(${JSON.stringify(path)})).sort().join())`)
  t.equal(
    (await load('@mcp-oauth-server/server')).stdout.trim(),
    'ToolError,audio,definePrompt,defineResource,defineSource,defineTool,embed,form,image,isToolError,link,list,openUrl,roots,sample,text,z'
  )
  t.equal(
    (await load('@mcp-oauth-server/server/testing')).stdout.trim(),
    'createContext,startServer'
  )
  t.equal((await load('@mcp-oauth-server/server/fastify')).stdout.trim(), 'default')
  t.equal(
    (await load('@mcp-oauth-server/server/backends')).stdout.trim(),
    'BackendUnavailable,parseEmail'
  )
  for (const path of ['dist/app.js', 'fastify/plugin.ts', 'dist/authoring/index.js', 'app.ts']) {
    t.match(
      await load(`@mcp-oauth-server/server/${path}`).catch((error) => error),
      { stderr: /ERR_PACKAGE_PATH_NOT_EXPORTED/ }
    )
  }
})

t.test('every command explains itself as the package’s, and an older Node gets one sentence', async (t) => {
  t.match((await command('doctor', '--help')).stdout, 'npx mcp-oauth-server doctor https://')
  const older = 'data:text/javascript,Object.defineProperty(process,"versions",{value:{node:"20.1.0"}})'
  const { code, stdout, stderr } = await inProject(process.execPath, '--import', older, BIN, 'start').catch((error) => error)
  t.match(
    { code, stdout, stderr },
    { code: 1, stdout: '', stderr: /^mcp-oauth-server needs Node 24 or newer, and this is .*\n$/ }
  )
})

t.test('an update migrates what an earlier version stored, and leaves the author’s files alone', update)
