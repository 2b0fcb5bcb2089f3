// The map of CONTRIBUTING.md as a test: who may import whom, who may
// name what, and that every file says why it exists.
import t from 'tap'
import ts from 'typescript'
import { paths } from '../paths.ts'
import { findCircles, isServer, readSources, type Import } from './helpers/sources.ts'

const sources = await readSources()
const server = sources.filter(({ file }) => isServer(file))

const BACKEND_TYPES = ['type:auth-backends/contract.ts', 'type:authoring/tool.ts']
const APP_FILES = ['core.ts', 'clock.ts', 'type:config/index.ts', 'paths.ts']

/**
 * What each room may import of the project, as prefixes. `type:` allows the types alone. The room itself is always
 * allowed.
 */
const map: Array<{ room: RegExp; may: string[] }> = [
  { room: /^server\.ts$/, may: ['serve.ts', 'config/'] },
  { room: /^serve\.ts$/, may: ['app.ts', 'type:config/index.ts', 'banner.ts'] },
  { room: /^fastify\//, may: ['fastify/', 'app.ts', 'config/', 'plugins/', 'type:paths.ts', 'type:auth-backends/contract.ts'] },
  { room: /^testing\//, may: ['testing/', 'app.ts', 'auth-backends/contract.ts', 'authoring/', 'config/', 'paths.ts'] },
  { room: /^cli\/index\.ts$/, may: ['cli/', 'server.ts', 'doctor/'] },
  { room: /^cli\/protect\.ts$/, may: ['cli/', 'serve.ts', 'config/', 'plugins/observability/terminal-text.ts'] },
  { room: /^cli\/call\.ts$/, may: ['cli/', 'testing/', 'config/', 'plugins/observability/terminal-text.ts'] },
  { room: /^cli\//, may: ['cli/', 'core.ts', 'config/', 'errors.ts', 'paths.ts', 'clock.ts', 'version.ts', 'plugins/', 'languages/'] },
  { room: /^banner\.ts$/, may: ['type:config/index.ts', 'errors.ts', 'languages/index.ts', 'paths.ts', 'plugins/library/folder-problem.ts', 'plugins/upstreams/describe.ts'] },
  {
    room: /^app\.ts$/,
    may: ['routes/', 'plugins/', 'authoring/', 'resources/documents.ts', ...APP_FILES]
  },
  { room: /^core\.ts$/, may: ['plugins/', 'clock.ts', 'type:config/index.ts', 'paths.ts'] },
  { room: /^config\//, may: ['config/', 'auth-backends/registry.ts', 'auth-backends/contract.ts', 'authoring/', 'paths.ts'] },
  { room: /^languages\//, may: ['languages/'] },
  { room: /^errors\.ts$/, may: ['languages/'] },
  { room: /^(?:paths|clock|version)\.ts$/, may: ['package.json'] },
  {
    room: /^routes\//,
    may: ['plugins/', 'languages/', 'paths.ts', 'errors.ts', 'version.ts', 'type:config/index.ts', ...BACKEND_TYPES]
  },
  {
    room: /^plugins\//,
    may: [
      'auth-backends/hidden-characters.ts',
      'plugins/',
      'languages/',
      'errors.ts',
      'version.ts',
      'type:config/index.ts',
      'config/parsers.ts',
      'type:config/access-rules.ts',
      'type:config/rate-limits.ts',
      'type:config/upstreams.ts',
      'type:clock.ts',
      'auth-backends/contract.ts',
      'authoring/'
    ]
  },
  { room: /^auth-backends\//, may: ['auth-backends/', 'authoring/', 'type:languages/index.ts'] },
  { room: /^(?:tools|resources|prompts|sources)\//, may: ['tools/', 'resources/', 'authoring/'] },
  { room: /^authoring\//, may: ['authoring/'] },
  { room: /^doctor\//, may: ['doctor/'] }
]

/**
 * A folder of routes/ is one room; a file that lies in it directly is a room of its own.
 */
const routeRoom = (file: string): string => /^routes\/(?:[^/]+\/|[^/]+$)/.exec(file)![0]

function mayImport (file: string, { target, typeOnly }: Import, may: string[]): boolean {
  const path = target.slice(2)
  if (file.startsWith('routes/') && path.startsWith('routes/')) return routeRoom(file) === routeRoom(path)
  return may.some((rule) =>
    rule.startsWith('type:')
      ? typeOnly && path === rule.slice(5)
      : rule.endsWith('/')
        ? path.startsWith(rule)
        : path === rule
  )
}

t.test('every source file has a place on the map', async (t) => {
  t.same(
    server.filter(({ file }) => !map.some(({ room }) => room.test(file))).map(({ file }) => file),
    []
  )
  t.ok(server.length > 50, 'the files were found')
})

t.test('imports obey the map: server, app, routes, plugins, then backends and tools', async (t) => {
  for (const { file, imports } of server) {
    const may = map.find(({ room }) => room.test(file))?.may ?? []
    const wrong = imports.filter((found) => found.target.startsWith('./') && !mayImport(file, found, may))
    t.same(
      wrong.map(({ target, typeOnly }) => `${typeOnly ? 'type ' : ''}${target}`),
      [],
      file
    )
  }
})

t.test('no file imports itself, directly or through others, types included', async (t) => {
  t.same(findCircles(server), [])
})

t.test('backends, tools and sources know no web framework', async (t) => {
  const inner = server.filter(({ file }) => /^(?:auth-backends|authoring|tools|resources|prompts|sources)\//.test(file))
  const wrong = inner.flatMap(({ file, imports }) =>
    imports.filter(({ target }) => /^@?fastify/.test(target)).map(({ target }) => `${file}: ${target}`)
  )
  t.same(wrong, [])
})

t.test('routes name no storage and no identity service', async (t) => {
  const wrong = server.filter(
    ({ file, text }) => file.startsWith('routes/') && /redis|sqlite|postgres|supabase/i.test(text)
  )
  t.same(
    wrong.map(({ file }) => file),
    []
  )
})

t.test('plugins name no URL path', async (t) => {
  const urls = new Set<string>(
    Object.values(paths)
      .flat()
      .filter((path) => path !== '/')
  )
  const wrong = server
    .filter(({ file }) => file.startsWith('plugins/'))
    .flatMap(({ file, strings }) =>
      strings
        .filter((text) =>
          [...urls].some((url) => text === url || text.startsWith(`${url}/`) || text.startsWith(`${url}?`))
        )
        .map((text) => `${file}: ${text}`)
    )
  t.same(wrong, [])
})

t.test('the server takes its paths from the configuration, never the table of a server with its origin to itself', async (t) => {
  const wrong = server.filter(({ file, text }) => file !== 'paths.ts' && /import \{[^}]*\bpaths\b[^}]*\} from '[./]*paths\.ts'/.test(text))
  t.same(wrong.map(({ file }) => file), [])
})

t.test('only config/index.ts reads the environment', async (t) => {
  t.same(
    server.filter(({ readsEnvironment }) => readsEnvironment).map(({ file }) => file),
    ['config/index.ts']
  )
})

t.test('what the server asks of others follows no redirect: that leads to an address which nobody has checked', async (t) => {
  const asked: string[] = []
  const wrong: string[] = []
  for (const { file, tree } of server.filter(({ file }) => !file.startsWith('testing/'))) {
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && /^(?:fetch|boundedFetch)$/.test(node.expression.getText(tree))) {
        const options = node.arguments.find(ts.isObjectLiteralExpression)
        if (options) (/\bredirect: '(?:error|manual)'/.test(options.getText(tree)) ? asked : wrong).push(file)
      }
      ts.forEachChild(node, visit)
    }
    visit(tree)
  }
  t.ok(asked.length > 5)
  t.same(wrong, [])
})

t.test('the first line of every file says why it exists', async (t) => {
  t.same(
    sources.filter(({ text }) => !/^\/\/ \S.{20,}/.test(text)).map(({ file }) => file),
    []
  )
})

/**
 * Folders that are lists of rooms or of files of one kind; the map of CONTRIBUTING.md explains
 * them.
 */
const LISTS = new Set(['.', 'plugins', 'routes', 'tools'])
const MAX_FILES_WITHOUT_PARAGRAPH = 5

t.test('a room of more than five files says what it owns and what it hands on', async (t) => {
  const rooms = Map.groupBy(server, ({ file }) => file.split('/').slice(0, -1).join('/') || '.')
  for (const [room, files] of rooms) {
    if (LISTS.has(room) || files.length <= MAX_FILES_WITHOUT_PARAGRAPH) continue
    const heads = server
      .filter(({ file }) => file.startsWith(`${room}/`) || file === `${room}.ts`)
      .filter(({ file }) => file.slice(room.length).lastIndexOf('/') <= 0)
      .map(({ text }) => /^(?:\/\/.*\n)+/.exec(text)![0].replaceAll(/\n\/\/ ?/g, ' '))
    t.ok(heads.some((head) => /\b(?:this room|the room)\b.* (?:owns|holds|knows)\b/i.test(head)), room)
  }
})
