// The bar that a terminal shows while documents are read: it comes, it grows, and it goes.
import { symlink } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { ConfigError, loadConfig } from '../config/index.ts'
import { describeStartFault, showProgress, startLines } from '../banner.ts'
import { StartError } from '../errors.ts'
import { StorageUnavailable } from '../plugins/storage/contract.ts'
import { startServer } from './helpers/server.ts'
import { fill, folder, openHouse } from './helpers/tool-context.ts'

t.test('a large folder is read with a bar that grows and is wiped at the end', async (t) => {
  const docs = await folder(t)
  await fill(
    docs,
    Object.fromEntries(Array.from({ length: 1_500 }, (_, index) => [`${index}.md`, 'walnut '.repeat(500)]))
  )
  const { app } = await openHouse(t, docs)
  const written: string[] = []
  await showProgress(app, { write: (text) => written.push(text) })
  t.equal(written.at(-1), '\r\u001b[K')
  const bars = written.slice(0, -1)
  t.ok(
    bars.length > 0 && bars.every((bar) => /^\r {2}Reading documents {2}\[#*\.*\] {2}\d+ of 1500$/.test(bar)),
    bars.join()
  )
  const done = bars.map((bar) => Number(/(\d+) of/.exec(bar)![1]))
  t.same(
    done,
    [...done].sort((a, b) => a - b)
  )
})

t.test('a folder that is missing is no bar and no failure', async (t) => {
  const { app } = await openHouse(t, `${await folder(t)}/none`)
  const written: string[] = []
  await app.library.ready
  await showProgress(app, { write: (text) => written.push(text) })
  t.same(written, [])
})

t.test('the tools are listed with where they come from', async (t) => {
  const project = await folder(t)
  const tool = (name: string) =>
    `export default { name: '${name}', title: 'X', description: 'Says x.', input: z.object({}), annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false }, scopes: ['mcp:read'], run: async () => ({}) }`
  await fill(project, {
    'tools/one.ts': `import { z } from ${JSON.stringify(import.meta.resolve('zod'))}\n${tool('first')}`,
    'tools/two.mjs': `import { z } from ${JSON.stringify(import.meta.resolve('zod'))}\n${tool('second')}`
  })
  const env = { AUTH_BACKEND: 'none', BUILTIN_TOOLS: 'search,fetch', DOCS_DIR: project }
  const config = await loadConfig(env, project)
  const { app } = await startServer(t, { env, offer: await config.loadOffer() })
  t.match(
    await startLines(app, config),
    / {2}Tools {9}fetch, search \(built-in\)\n {16}first \(tools\/one\.ts\)\n {16}second \(tools\/two\.mjs\)\n/
  )
  const clone = await startServer(t, { env: { AUTH_BACKEND: 'none', BUILTIN_TOOLS: 'calculate' } })
  t.match(await startLines(clone.app, clone.config), /Tools .*calculate.* \(tools\/\)\n/)
})

t.test('a server with a name of its own says it first', async (t) => {
  const env = { AUTH_BACKEND: 'none', SERVER_NAME: 'Acme\u001B[31m Docs' }
  const { app, config } = await startServer(t, { env })
  t.match(await startLines(app, config), /^\n {2}Name {10}Acme\[31m Docs\n {2}MCP server {4}http/)
  t.notMatch(await startLines(app, await loadConfig({ AUTH_BACKEND: 'none' })), 'Name')
})

t.test('who can sign in is said in words', async (t) => {
  const { app, config } = await startServer(t, { env: { AUTH_BACKEND: 'demo,local', SIGNUP: 'open' } })
  t.match(await startLines(app, config), '  Sign-in       Demo, Account on this server; sign-up open\n')
})

t.test('the address to register with a provider is printed', async (t) => {
  const env = {
    AUTH_BACKEND: 'oidc',
    OIDC_ISSUER: 'http://localhost:9',
    OIDC_CLIENT_ID: 'mcp-server',
    OIDC_TITLE: 'Example'
  }
  const { app, url } = await startServer(t, { env })
  const lines = await startLines(app, await loadConfig({ ...env, PUBLIC_URL: url }))
  t.match(lines, `Callback      ${url}/login/callback/oidc (register it with Example)`)
})

t.test('the documents at the start: what is left out and why; one sentence for a folder that is missing or a file; ~ is the home of the user', async (t) => {
  const place = await folder(t)
  await fill(place, { 'a.md': '# A' })
  const line = async (docs: string) => {
    const env = { AUTH_BACKEND: 'none', DOCS_DIR: docs }
    const { app, config } = await startServer(t, { env })
    return /Documents +(.*)/.exec(await startLines(app, config))![1]
  }
  t.match(await line(`${place}/none`), /^none: there is no folder .*\/none\. Create it, or set DOCS_DIR/)
  t.match(await line(`${place}/a.md`), /^none: .*a\.md is a file\. Set DOCS_DIR/)
  t.equal(await line(place), `1 from ${place}`)
  await fill(place, { 'b.xlsx': 'broken', 'c.pages': 'x', 'd.pages': 'x', '.e.pdf': 'hidden' })
  t.equal(await line(place), `1 from ${place}; 3 left out: 2 .pages (unknown format), 1 .xlsx (broken)`)
  t.match(await line(`${place}/a.md/in`), /^none: there is no folder/)
  await symlink(join(place, 'loop'), join(place, 'loop'))
  t.match(await line(`${place}/loop`), /^none: .*loop cannot be read \(ELOOP\)\. Let the user/)
  t.match(await loadConfig({ DOCS_DIR: '~/notes', DATA_DIR: '~' }), { docsDir: `${homedir()}/notes`, dataDir: homedir() })
  t.equal((await loadConfig({ DOCS_DIR: './~notes' }, '/srv')).docsDir, '/srv/~notes')
  for (const [name, value] of [['DOCS_DIR', '~notes'], ['DOCS_DIR', '$HOME/notes'], ['DATA_DIR', '~ann/data'], ['DATABASE_FILES', './a.db,~b.db']] as const) {
    await t.rejects(loadConfig({ [name]: value }), { message: new RegExp(`${name}.*write the whole path`) }, value)
  }
})

t.test('each fault of a start is one sentence with what to do, and only a bug has a stack', async (t) => {
  const of = (code: string, more = {}) =>
    Object.assign(new Error(`listen ${code}`), { code, syscall: 'listen', ...more })
  const place = { address: '10.0.0.9', port: 80 }
  const cause = new Error('ECONNREFUSED')
  for (const [error, said] of [
    [new StartError('Write it so.'), /^Write it so\.$/],
    [new StorageUnavailable('Away', { cause }), /^Away: ECONNREFUSED\. With REDIS_URL, check/],
    [new StorageUnavailable('Away'), /^Away\. With REDIS_URL, check .* DATA_DIR is writable$/],
    [of('EADDRINUSE', place), /^PORT: something already listens at 10\.0\.0\.9:80/],
    [of('EACCES', place), /^PORT: this user may not listen at 10\.0\.0\.9:80/],
    [of('EADDRNOTAVAIL', place), /^HOST: this machine has no address for 10\.0\.0\.9:80/],
    [of('EADDRINUSE'), /listens at HOST:PORT/],
    [of('ENOTFOUND', { syscall: 'getaddrinfo' }), /^HOST: this host does not exist/],
    [of('EOTHER'), /^PORT, HOST: listen EOTHER$/]
  ] as const) {
    const [first, ...lines] = describeStartFault(error).split('\n  ')
    t.equal(first, 'The server could not start.')
    t.equal(lines.length, 1, 'no stack')
    t.match(lines[0]!.trimEnd(), said)
  }
  t.match(describeStartFault(new TypeError('a bug')), /TypeError: a bug\n +at /)
  t.match(describeStartFault(new ConfigError(['PORT: x'])), /^[^\n]+\n {2}- PORT: x\n/)
})

t.test('a link for the first account that cannot be made is no reason not to start', async (t) => {
  const { app, config } = await startServer(t, { env: { AUTH_BACKEND: 'local', SIGNUP: 'invite' } })
  t.match(await startLines(app, config), /First account +create it here, once: http/)
  const warned: unknown[][] = []
  app.log.warn = (...args: unknown[]) => { warned.push(args) }
  app.signIn.invitations.inviteFirst = async () => { throw new StorageUnavailable('the disk is full') }
  t.notMatch(await startLines(app, config), 'First account')
  t.match(warned, [[
    { err: { message: 'the disk is full' } },
    /first account could not be created/
  ]])
})

t.test('how to connect is said for an address that others reach', async (t) => {
  const { app, config } = await startServer(t, { env: { AUTH_BACKEND: 'none' } })
  t.match(await startLines(app, config), 'needs a public https address: set PUBLIC_URL')
  const mcpUrl = 'https://mcp.example.com/mcp'
  t.match(
    await startLines(app, { ...config, local: false, mcpUrl, placeOfTool: () => undefined }),
    /search.*\(given to this server\)[^]*choose Plugins > \+, and paste https:\/\/mcp\.example\.com\/mcp\n/
  )
})
