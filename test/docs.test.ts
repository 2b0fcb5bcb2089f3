// The documentation as a test: what it names exists, and what exists is
// named. Variables, backends, tools, error codes,
// links and scripts; test/docs/ has examples and threats.
import { readFile, readdir } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { registry } from '../auth-backends/registry.ts'
import { loadConfig } from '../config/index.ts'
import { variables } from '../config/variables.ts'
import manifest from '../package.json' with { type: 'json' }
import { loadOffer } from '../authoring/loader/load.ts'

const ROOT = new URL('..', import.meta.url).pathname
const read = (file: string) => readFile(join(ROOT, file), 'utf8')
const sorted = (names: Iterable<string>) => [...new Set(names)].sort()

const readme = await read('README.md')
const docs = await Promise.all(
  [
    'README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'CHANGELOG.md',
    ...(await readdir(join(ROOT, 'docs'))).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)
  ].map(async (file) => ({ file, text: await read(file) }))
)

/** Cells of every row of every table in a text; code marks are taken off. */
const rows = (text: string): string[][] =>
  [...text.matchAll(/^\|(.*)\|$/gm)].map(([, row]) => row!.split('|').map((cell) => cell.trim().replaceAll('`', '')))
const section = (text: string, heading: string): string =>
  new RegExp(`^## ${heading}\n([\\s\\S]*?)(?=^## |(?![\\s\\S]))`, 'm').exec(text)![1]!

const example = await read('.env.example')
const lines = example.split('\n')
/** What .env.example holds: each variable once, as a comment. */
const entries = [...example.matchAll(/^# ([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, name, value]) => ({
  name: name!,
  value: value!
}))

t.test('.env.example names every variable of the server, its backends and its tools once, and no other', async (t) => {
  const tools = (await loadOffer([new URL('../tools/', import.meta.url)])).tools
  const backends = await Promise.all(Object.values(registry).map((load) => load()))
  const known = [
    variables,
    ...backends.map((backend) => backend.default.env),
    ...tools.flatMap((tool) => ('env' in tool ? [tool.env] : []))
  ].flatMap(({ shape }) => Object.keys(shape))
  t.same(entries.map(({ name }) => name).sort(), sorted(known))
})

t.test('.env.example: a copy changes nothing, and each variable is explained', async (t) => {
  t.same(
    lines.filter((line) => line !== '' && !line.startsWith('#')),
    []
  )
  for (const { name } of entries) {
    t.match(lines[lines.findIndex((line) => line.startsWith(`# ${name}=`)) - 1], /^# .{10,}/, name)
  }
})

t.test('.env.example shows the true defaults, and examples that the server takes', async (t) => {
  const defaults = Object.entries(variables.parse({}))
  const shown = Object.fromEntries(entries.map(({ name, value }) => [name, value]))
  for (const [name, value] of defaults.filter(([, value]) => String(value) !== '')) { t.same(variables.parse({ [name]: shown[name] })[name as 'PORT'], value, name) }
  // Of TRUST_PROXY and CLIENT_IP_HEADER one may be set, and of DATABASE_URL and embeddings.
  const config = await loadConfig({
    ...shown,
    TRUST_PROXY: '',
    DATABASE_URL: '',
    // Files that are there.
    ACCESS: '',
    UPSTREAMS: '',
    // For Apple only, which is not the issuer of the example.
    OIDC_APPLE_TEAM_ID: '',
    OIDC_APPLE_KEY_ID: '',
    OIDC_APPLE_KEY: '',
    SERVER_LOGO: join(ROOT, 'views/icon.png'),
    AUTH_BACKEND: 'demo,local,supabase,oidc',
    SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A'
  })
  t.equal(config.backends.length, 4)
})

t.test('the README lists the backends there are', async (t) => {
  const listed = rows(section(readme, 'Who may sign in'))
    .map(([name]) => name!)
    .filter((name) => /^[a-z]+$/.test(name) && name !== 'backend')
  t.same(sorted(listed), sorted(['none', ...Object.keys(registry)]))
})

t.test('every other list of the backends has all of them', async (t) => {
  for (const file of ['.env.example', 'docs/getting-started.md', 'server.json', 'template/env']) {
    const text = await read(file)
    for (const name of ['none', ...Object.keys(registry)]) t.match(text, new RegExp(`\\b${name}\\b`), `${file}: ${name}`)
  }
})

t.test('the README lists the tools there are, with their scopes', async (t) => {
  const listed = rows(section(readme, 'Tools and documents'))
    .filter(([, scope]) => scope?.startsWith('mcp:'))
    .map(([name, scope]) => `${name} ${scope}`)
  const tools = (await loadOffer([new URL('../tools/', import.meta.url)])).tools
  t.same(listed.sort(), tools.map(({ name, scopes }) => `${name} ${scopes.join(' ')}`).sort())
})

/** Where an error code is made, with its status. */
const MADE = /(?:\brefusal|new OAuthError)\(\s*'([a-z_]+)',\s*(\d{3})/g

t.test('docs/errors.md lists every OAuth error code that is made, with its status, and no other', async (t) => {
  const made = new Set<string>()
  for (const file of await sourceFiles()) {
    for (const [, code, status] of (await read(file)).matchAll(MADE)) made.add(`${code} ${status}`)
  }
  const listed = rows(await read('docs/errors.md')).filter(
    ([code]) => /^[a-z]+(?:_[a-z]+)*$/.test(code!) && !['code', 'status'].includes(code!)
  )
  t.same(listed.map(([code, status]) => `${code} ${status}`).sort(), sorted(made))
})

async function sourceFiles (): Promise<string[]> {
  const folders = ['plugins', 'routes', 'auth-backends', 'tools']
  const inner = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(ROOT, folder), { recursive: true }))
        .filter((name) => name.endsWith('.ts'))
        .map((name) => `${folder}/${name}`)
    )
  )
  return [...(await readdir(ROOT)).filter((name) => name.endsWith('.ts')), ...inner.flat()]
}

t.test('links lead to files and headings that exist', async (t) => {
  for (const { file, text } of docs) {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link]) => link!)
      .filter((link) => !/^https?:/.test(link))
    for (const link of links) {
      const [path, heading] = link.split('#') as [string, string?]
      const target = path === '' ? join(ROOT, file) : join(ROOT, dirname(file), path)
      t.ok(existsSync(target), `${file}: ${link}`)
      if (heading !== undefined) t.ok(headings(await readFile(target, 'utf8')).includes(heading), `${file}: ${link}`)
    }
  }
})

const headings = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, words]) =>
    words!
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-')
  )

t.test('npm scripts that are named exist', async (t) => {
  const scripts = Object.keys(manifest.scripts)
  for (const { file, text } of docs) {
    const named = [...text.matchAll(/\bnpm (?:run ([a-z:]+)|(start|test)\b)/g)].map(([, run, short]) => run ?? short!)
    t.same(
      named.filter((name) => !scripts.includes(name)),
      [],
      file
    )
  }
})

t.test('what the guides quote of pages is what the pages say', async (t) => {
  const said = (
    await Promise.all((await readdir(join(ROOT, 'languages/en'))).map((name) => read(`languages/en/${name}`)))
  ).join('\n')
  const quoted = docs
    .filter(({ file }) => /^docs\/|README/.test(file) && file !== 'docs/threats.md')
    .flatMap(({ file, text }) => [...text.matchAll(/“([^”]+)”/g)].map(([, words]) => ({ file, words: words! })))
  t.ok(quoted.length > 5)
  t.same(
    quoted.filter(({ words }) => !said.includes(words)),
    []
  )
})

t.test('files, in code marks, that CONTRIBUTING and SECURITY name exist', async (t) => {
  for (const { file, text } of docs.filter(({ file }) => /^(?:CONTRIBUTING|SECURITY)/.test(file))) {
    const named = [...text.matchAll(/`((?:[\w.-]+\/)*[\w.-]+\.(?:ts|md|js))`/g)].map(([, path]) => path!)
    // A bare name stands for a file of a folder that is named beside it.
    t.same(
      named.filter((path) => path.includes('/') && !existsSync(join(ROOT, path))),
      [],
      file
    )
  }
})

t.test('no package is older than the version that fixed a known vulnerability (WB-23)', async (t) => {
  const { packages } = JSON.parse(await read('package-lock.json')) as { packages: Record<string, { version: string }> }
  for (const [name, floor] of [
    ['fastify', '5.8.3'],
    ['eta', '2.0.0'],
    ['@modelcontextprotocol/sdk', '1.26.0']
  ] as const) {
    const { version } = packages[`node_modules/${name}`]!
    t.ok(version.localeCompare(floor, 'en', { numeric: true }) >= 0, `${name} ${version}`)
  }
})

t.test('the image is built from every folder the server runs from', async (t) => {
  const allowed = (await read('.dockerignore'))
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1))
  for (const name of [
    'package.json',
    'package-lock.json',
    '*.ts',
    'tsconfig.json',
    'tsconfig.build.json',
    'auth-backends',
    'authoring',
    'bin',
    'cli',
    'config',
    'packaging',
    'plugins',
    'prompts',
    'resources',
    'routes',
    'sources',
    'template',
    'testing',
    'tools',
    'views',
    'docs'
  ]) { t.ok(allowed.includes(name), name) }
  t.notOk(
    allowed.some((name) => /env|data|key/.test(name)),
    'and nothing secret'
  )
})
