// `mcp-oauth-server protect`: mistakes are named before anything is stored, and a command is served behind the sign-in.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, open, readdir, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { childEnvironment } from '../helpers/child-environment.ts'
import { command } from '../helpers/commands.ts'
import { freePort } from '../helpers/ports.ts'
import { folder } from '../helpers/tool-context.ts'
import { until } from '../helpers/until.ts'

const ROOT = new URL('../../', import.meta.url).pathname
const PROTECT = join(ROOT, 'cli/protect.ts')
const FILES = join(ROOT, 'node_modules/@modelcontextprotocol/server-filesystem/dist/index.js')

t.test('mistakes are named with what to write, and nothing is stored', async (t) => {
  const cwd = await folder(t)
  for (const [args, message] of [
    [
      [],
      /^Name a command after --, or a URL\.\nServes one/
    ],
    [
      ['--'],
      /^Name a command after --\.\n/
    ],
    [
      ['npx', 'server'],
      /^"npx" is not a URL\. Before a command write --:\n .* -- npx server$/m
    ],
    [
      ['npx', '-y', 'server'],
      /^Unknown option '-y'\. Options of a command are written after --/
    ],
    [
      ['http://localhost:1', '--', 'x'],
      /^Name a command after --, or a URL before it, not both/
    ],
    [
      ['http://localhost:1', 'http://localhost:2'],
      /^Name one URL/
    ],
    [
      ['http://localhost:1', '--header', 'tell-nobody'],
      /^Write a name, ":" and a value/
    ],
    [
      ['http://localhost:1', '--header', 'a: x', '--header', 'a: y'],
      /^a is there twice/
    ],
    [
      ['http://8.8.8.8/mcp', '--per-user'],
      /upstream "8-8-8-8", process: it is for a command; [^]*url: write https/
    ],
    [
      ['--env', 'NOT_SET', '--', 'npx', '-y', '@a/some-server@1.2', '.'],
      /upstream "some-server", env\.NOT_SET: the variable NOT_SET is not set/
    ]
  ] as Array<[string[], RegExp]>) {
    const env = { AUTH_BACKEND: 'none' }
    const { status, stderr, stdout } = await command('protect', env, args, cwd)
    t.match(stderr, message, args.join(' '))
    t.notMatch(stderr, 'tell-nobody')
    t.equal(status, 1)
    t.equal(stdout, '')
  }
  t.notOk(existsSync(join(cwd, 'data')))
})

t.test('a command is served, and nothing of this server or of the folder (SG-27)', async (t) => {
  const cwd = await folder(t)
  const port = await freePort()
  for (const name of ['tools', 'resources', 'prompts', 'sources']) {
    await mkdir(join(cwd, name))
    const script = [
      "import { writeFileSync } from 'node:fs'",
      `writeFileSync('ran-${name}', '')`
    ]
    await writeFile(join(cwd, name, 'x.mjs'), script.join('\n'))
  }
  await mkdir(join(cwd, 'docs'))
  await writeFile(join(cwd, 'docs/a.md'), '# A')
  await writeFile(join(cwd, 'mcp.json'), '{"mcpServers": {"broken": {}}}')
  const variables = [
    `PORT=${port}`,
    'AUTH_BACKEND=demo',
    'LOG_LEVEL=error',
    'BUILTIN_TOOLS='
  ]
  await writeFile(join(cwd, '.env'), variables.join('\n'))
  const child = spawn(
    process.execPath,
    [PROTECT, '--', 'node', FILES, cwd],
    { cwd, env: childEnvironment() }
  )
  t.teardown(() => child.kill('SIGKILL'))
  let [output, errors] = ['', '']
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (text: string) => { output += text })
  child.stderr.setEncoding('utf8')
  child.stderr.on('data', (text: string) => { errors += text })
  t.ok(await until(() => output.includes('ChatGPT')), errors)
  t.match(output, /MCP server +http:\/\/localhost:\d+\n/)
  t.match(output, /Documents +none/)
  t.notMatch(output, 'calculate')
  t.match(errors, /^mcp\.json is not read: protect serves what its command line names/)
  const names = await readdir(cwd)
  const ran = names.filter((name) => name.startsWith('ran-'))
  t.same(ran, [], 'no script of the folder has run')
  const base = `http://127.0.0.1:${port}`
  const { status } = await fetch(base, { method: 'POST' })
  t.equal(status, 401, 'behind the sign-in')
  child.kill('SIGHUP')
  const ready = await fetch(`${base}/health/ready`)
  t.equal(ready.status, 200, 'SIGHUP ends nothing')
  child.kill('SIGTERM')
  t.same(await once(child, 'exit'), [0, null])
})

t.test('it serves where nobody reads its log from the start, and where the log cannot be written (SG-24)', async (t) => {
  const cwd = await folder(t)
  const full = await open('/dev/full', 'w')
  t.teardown(() => full.close())
  for (const stdout of ['pipe', full.fd] as const) {
    const port = await freePort()
    await writeFile(join(cwd, '.env'), `PORT=${port}\nAUTH_BACKEND=demo\n`)
    const child = spawn(
      process.execPath,
      [PROTECT, 'http://localhost:9/mcp'],
      { cwd, env: childEnvironment(), stdio: ['ignore', stdout, 'ignore'] }
    )
    t.teardown(() => child.kill('SIGKILL'))
    child.stdout?.destroy()
    const isReady = () =>
      fetch(`http://127.0.0.1:${port}/health/ready`)
        .then(({ ok }) => ok, () => false)
    t.ok(await until(isReady), 'it serves')
    // What follows the log of the start has been written by then.
    await sleep(2_000)
    t.ok(await isReady(), 'and goes on')
    child.kill('SIGTERM')
    t.same(await once(child, 'exit'), [0, null])
  }
})
