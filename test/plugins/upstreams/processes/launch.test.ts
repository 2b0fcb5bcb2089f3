// Starting a process of an upstream: what it is told, and what the operator is
// told when it cannot be started.
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import {
  describeCaller,
  describeEnd,
  launch
} from '../../../../plugins/upstreams/processes/launch.ts'
import { folder } from '../../../helpers/tool-context.ts'
import { until } from '../../../helpers/until.ts'
import {
  startProcesses,
  upstreamSettings
} from '../../../helpers/upstream-processes.ts'

const start = (command: string, more: object = {}) => {
  const { target } = upstreamSettings([], { command, args: [], ...more })
  return launch(target as Parameters<typeof launch>[0], { PATH: '/nowhere' })
}

t.test('a command that is not there is named, with where it comes from', async (t) => {
  await t.rejects(
    start('npx'),
    { message: /^npx could not be started: .*comes with Node/ }
  )
  await t.rejects(start('uvx'), { message: /astral/ })
  await t.rejects(start('no-such-program'), { message: /whole path/ })
})

t.test('a folder that is not there is named', async (t) => {
  const cwd = join(await folder(t), 'gone')
  await t.rejects(
    start('/bin/sh', { cwd }),
    { message: /folder \(cwd\) .*gone/ }
  )
})

t.test('a file that is no program is told from one that is missing', async (t) => {
  const file = join(await folder(t), 'server.py')
  await writeFile(file, 'print()')
  await t.rejects(start(file), { message: /chmod \+x/ })
})

t.test('an argument that no system takes is refused, and nothing is started', async (t) => {
  await t.rejects(
    start('/bin/sh', { args: ['a\0b'] }),
    { message: /could not be started/ }
  )
})

t.test('a shell reads nothing of the command (PR-01)', async (t) => {
  const child = await start('/bin/echo', { args: ['$HOME', ';', 'ls'] })
  const [text] = await child.stdout.toArray()
  t.equal(String(text), '$HOME ; ls\n')
})

t.test('of a person only what is known is told, in one line each (PR-10)', async (t) => {
  const caller = { id: 'u', groups: [], clientId: 'app' }
  t.same(describeCaller(caller), {
    MCP_USER_ID: 'u',
    MCP_USER_NAME: '',
    MCP_USER_GROUPS: ''
  })
  const many = Array.from({ length: 9_000 }, (_, index) => `g${index}`)
  const told = describeCaller({
    ...caller,
    email: 'a@b.example',
    name: 'A\0d\na',
    groups: ['staff', 'a,b', 'c\nd', 'é', ...many]
  })
  t.equal(told['MCP_USER_EMAIL'], 'a@b.example')
  t.equal(told['MCP_USER_NAME'], 'Ada')
  t.match(told['MCP_USER_GROUPS'], /^staff,é,g0,g1,/)
  t.ok(told['MCP_USER_GROUPS']!.length <= 16_000)
})

t.test('an end is described by code or signal, and by what was said last', async (t) => {
  t.match(
    describeEnd('uvx', 1, null, 'no license'),
    /uvx ended with code 1.*: no license/
  )
  t.match(
    describeEnd('uvx', null, 'SIGKILL', undefined),
    /signal SIGKILL.*nothing/
  )
})

/** Says that it is ready; and its last words, when it is told something. */
const PROGRAM = `
  process.stderr.write('ready\\n')
  process.stdin.once('data', () => {
    process.stderr.write('last words\\n')
    process.exit(7)
  })
`

const block = (ms: number) =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

t.test('last words are read, also of a process that is collected before them', async (t) => {
  const { processes, said } = startProcesses(t)
  const settings = upstreamSettings([], { args: ['-e', PROGRAM] })
  const transport = processes.open(settings, undefined)
  await transport.start()
  t.ok(await until(() => said().includes('ready')))
  const echo = spawn('cat', { stdio: ['pipe', 'pipe', 'ignore'] })
  t.teardown(() => echo.kill())
  echo.stdout.once('data', () => {
    transport.send({ jsonrpc: '2.0', method: 'go' })
    block(400)
  })
  // What the echo says, and that another process has ended, is found
  // in one turn of the event loop. Node then collects all that have
  // ended by now.
  echo.stdin.write('x')
  spawn('true', { stdio: 'ignore' })
  block(200)
  t.ok(await until(() => transport.fault !== undefined))
  const { message } = transport.fault!
  t.match(message, 'ended with code 7')
  t.match(message, 'standard error: last words')
})

t.test('that this server may open no more files is told from a fault of the program', async (t) => {
  const path = fileURLToPath(new URL('../../../../plugins/upstreams/processes/launch.ts', import.meta.url))
  const script = `
    const { openSync } = await import('node:fs')
    const { launch } = await import(${JSON.stringify(path)})
    try { for (;;) openSync('/dev/null') } catch {}
    await launch({ command: '/bin/true', args: [], cwd: '/' }, {}).catch(({ message }) => process.stdout.write(message))
    process.exit()
  `
  const child = spawn('/bin/sh', ['-c', 'ulimit -n 100; exec "$0" --input-type=module -e "$1"', process.execPath, script])
  const said = (await child.stdout.toArray()).join('')
  t.match(said, /true could not be started: this server may open no more files/)
})
