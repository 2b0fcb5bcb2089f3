// The map of CONTRIBUTING.md as a test: who may import whom, who may name what, and that every file says why it exists.
import { readFile, readdir } from 'node:fs/promises'
import { dirname, join, normalize, sep } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { paths } from '../paths.ts'

const ROOT = new URL('..', import.meta.url).pathname
/** Folders that are not the project's own source. */
const NOT_SOURCE = new Set(['node_modules', 'data', 'coverage', '.tap', '.git'])
/** Held to the first-line rule alone. */
const AROUND = /^(?:test|bench)\//

interface Import {
  target: string
  typeOnly: boolean
}
interface Source {
  file: string
  text: string
  imports: Import[]
  strings: string[]
  readsEnvironment: boolean
}

const sources = await Promise.all((await listFiles('')).map(read))
const house = sources.filter(({ file }) => !AROUND.test(file))

async function listFiles (folder: string): Promise<string[]> {
  const entries = await readdir(join(ROOT, folder), { withFileTypes: true })
  const files = await Promise.all(
    entries
      .filter(({ name }) => !NOT_SOURCE.has(name))
      .map((entry) => {
        const path = join(folder, entry.name)
        if (entry.isDirectory()) return listFiles(path)
        return entry.name.endsWith('.ts') ? [path] : []
      })
  )
  return files
    .flat()
    .map((file) => file.split(sep).join('/'))
    .sort()
}

async function read (file: string): Promise<Source> {
  const text = await readFile(join(ROOT, file), 'utf8')
  const source: Source = { file, text, imports: [], strings: [], readsEnvironment: false }
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node)
    if (specifier) {
      source.imports.push({ target: resolveSpecifier(file, specifier.text), typeOnly: isTypeOnly(node) })
      return
    }
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node)) { source.strings.push(node.text) }
    if (ts.isPropertyAccessExpression(node) && node.getText() === 'process.env') source.readsEnvironment = true
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true))
  return source
}

function specifierOf (node: ts.Node): ts.StringLiteral | undefined {
  const specifier =
    ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
      ? node.moduleSpecifier
      : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
        ? node.arguments[0]
        : undefined
  return specifier && ts.isStringLiteral(specifier) ? specifier : undefined
}

/** `import type …`, or `import { type A, type B }`: nothing is loaded for it. */
function isTypeOnly (node: ts.Node): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly
  if (!ts.isImportDeclaration(node)) return false
  const clause = node.importClause
  if (!clause) return false
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const named = clause.namedBindings
  return (
    clause.name === undefined &&
    named !== undefined &&
    ts.isNamedImports(named) &&
    named.elements.every((element) => element.isTypeOnly)
  )
}

/** A file of the project by its path from the root; a package by its name. */
function resolveSpecifier (file: string, specifier: string): string {
  return specifier.startsWith('.')
    ? './' +
        normalize(join(dirname(file), specifier))
          .split(sep)
          .join('/')
    : specifier
}

/**
 * What each room may import of the project, as prefixes. `type:` allows the types alone. The room itself is always
 * allowed.
 */
const map: Array<{ room: RegExp; may: string[] }> = [
  { room: /^server\.ts$/, may: ['app.ts', 'config/', 'banner.ts'] },
  {
    room: /^cli\//,
    may: ['cli/', 'core.ts', 'config/', 'errors.ts', 'paths.ts', 'clock.ts', 'version.ts', 'plugins/']
  },
  { room: /^banner\.ts$/, may: ['type:config/index.ts', 'errors.ts', 'paths.ts'] },
  {
    room: /^app\.ts$/,
    may: [
      'core.ts',
      'routes/',
      'plugins/',
      'authoring/',
      'resources/documents.ts',
      'clock.ts',
      'type:config/index.ts',
      'errors.ts',
      'paths.ts'
    ]
  },
  { room: /^core\.ts$/, may: ['plugins/', 'clock.ts', 'type:config/index.ts', 'paths.ts'] },
  { room: /^config\//, may: ['config/', 'auth-backends/registry.ts', 'auth-backends/contract.ts', 'authoring/'] },
  { room: /^(?:errors|paths|clock|version)\.ts$/, may: ['package.json'] },
  {
    room: /^routes\//,
    may: [
      'plugins/',
      'paths.ts',
      'errors.ts',
      'version.ts',
      'type:config/index.ts',
      'type:auth-backends/contract.ts',
      'type:authoring/tool.ts'
    ]
  },
  {
    room: /^plugins\//,
    may: [
      'plugins/',
      'errors.ts',
      'version.ts',
      'type:config/index.ts',
      'config/parsers.ts',
      'type:config/rate-limits.ts',
      'type:clock.ts',
      'auth-backends/contract.ts',
      'authoring/'
    ]
  },
  { room: /^auth-backends\//, may: ['auth-backends/', 'authoring/'] },
  { room: /^(?:tools|resources|prompts|sources)\//, may: ['tools/', 'resources/', 'authoring/'] },
  { room: /^authoring\//, may: ['authoring/'] },
  { room: /^doctor\//, may: ['doctor/'] }
]

/** A folder of routes/ is one room; a file that lies in it directly is a room of its own. */
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
    house.filter(({ file }) => !map.some(({ room }) => room.test(file))).map(({ file }) => file),
    []
  )
  t.ok(house.length > 50, 'the files were found')
})

t.test('imports obey the map: server, app, routes, plugins, then backends and tools', async (t) => {
  for (const { file, imports } of house) {
    const may = map.find(({ room }) => room.test(file))?.may ?? []
    const wrong = imports.filter((found) => found.target.startsWith('./') && !mayImport(file, found, may))
    t.same(
      wrong.map(({ target, typeOnly }) => `${typeOnly ? 'type ' : ''}${target}`),
      [],
      file
    )
  }
})

t.test('no file imports itself, not even by types and over others', async (t) => {
  const targetsOf = new Map(
    house.map(({ file, imports }) => [
      file,
      imports.filter(({ target }) => target.startsWith('./')).map(({ target }) => target.slice(2))
    ])
  )
  const done = new Set<string>()
  const circles: string[] = []
  const visit = (file: string, path: string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
    if (path.includes(file) || done.has(file)) return
    for (const target of targetsOf.get(file) ?? []) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of targetsOf.keys()) visit(file, [])
  t.same(circles, [])
})

t.test('backends, tools and sources know no web framework', async (t) => {
  const inner = house.filter(({ file }) => /^(?:auth-backends|authoring|tools|resources|prompts|sources)\//.test(file))
  const wrong = inner.flatMap(({ file, imports }) =>
    imports.filter(({ target }) => /^@?fastify/.test(target)).map(({ target }) => `${file}: ${target}`)
  )
  t.same(wrong, [])
})

t.test('routes name no storage and no identity service', async (t) => {
  const wrong = house.filter(
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
  const wrong = house
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

t.test('only config/index.ts reads the environment', async (t) => {
  t.same(
    house.filter(({ readsEnvironment }) => readsEnvironment).map(({ file }) => file),
    ['config/index.ts']
  )
})

t.test('the first line of every file says why it exists', async (t) => {
  t.same(
    sources.filter(({ text }) => !/^\/\/ \S.{20,}/.test(text)).map(({ file }) => file),
    []
  )
})
