// A server that is killed leaves no process of an upstream behind, nor its
// watchdog.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createWatchdog } from '../../../../plugins/upstreams/processes/watchdog.ts'
import { childEnvironment } from '../../../helpers/child-environment.ts'
import { folder } from '../../../helpers/tool-context.ts'
import { until } from '../../../helpers/until.ts'
import {
  callText,
  connectClient,
  isRunning,
  startProcesses,
  upstreamSettings
} from '../../../helpers/upstream-processes.ts'

const FIXTURES = new URL('../../../fixtures/', import.meta.url).pathname
const SERVER = join(FIXTURES, 'upstreams/killed-server.ts')
const log = { warn () {} } as unknown as Parameters<typeof createWatchdog>[0]

/** A process in a group of its own that ignores SIGTERM. */
function stubborn (t: { teardown(work: () => unknown): void }): number {
  const script = 'trap "" TERM; while :; do sleep 1; done'
  const child = spawn('/bin/sh', ['-c', script], {
    detached: true,
    stdio: 'ignore'
  })
  t.teardown(() => child.kill('SIGKILL'))
  return child.pid!
}

/** A shell that writes its id into a file before it does its work. */
async function shellIn (dir: string) {
  const [shell, file] = [join(dir, 'shell'), join(dir, 'ids')]
  await writeFile(file, '')
  await writeFile(shell, `#!/bin/sh\necho $$ >> '${file}'\nexec /bin/sh "$@"\n`)
  await chmod(shell, 0o755)
  const ids = async () => {
    const text = await readFile(file, 'utf8')
    return text.trim().split('\n').map(Number)
  }
  return { shell, ids }
}

/** Whether it has come to its first line: until then, it ends as any other shell does. */
async function ignoresTerm (pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const ignored = BigInt(`0x${/^SigIgn:\s+([0-9a-f]+)$/m.exec(status)![1]}`)
  return (ignored >> BigInt(constants.signals.SIGTERM - 1) & 1n) === 1n
}

t.test('after kill -9 of the server no process is left, nor what it has started (PR-02)', async (t) => {
  const server = spawn(process.execPath, [SERVER], {
    env: childEnvironment({ HOME: '/' }),
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const exited = once(server, 'exit')
  t.teardown(() => server.kill('SIGKILL'))
  const [text] = (await once(server.stdout, 'data')) as [Buffer]
  const all = JSON.parse(String(text)) as object[]
  const ids = all.flatMap((each) => Object.values(each) as number[])
  t.equal(ids.length, 3)
  t.ok(ids.every(isRunning))
  server.kill('SIGKILL')
  await exited
  t.ok(await until(() => !ids.some(isRunning)))
})

t.test('groups that are left are ended at the end of the pipe, and others are not', async (t) => {
  const { shell, ids } = await shellIn(await folder(t))
  const watchdog = createWatchdog(log, shell)
  const [left, other] = [stubborn(t), stubborn(t)]
  watchdog.add(left)
  watchdog.add(other)
  watchdog.remove(other)
  await until(async () => (await ids())[0]! > 0)
  const [own] = await ids()
  t.ok(await until(() => ignoresTerm(own!)))
  process.kill(own!, 'SIGTERM')
  watchdog.close()
  t.ok(await until(() => !isRunning(left)))
  t.ok(await until(() => !isRunning(own!)))
  t.ok(isRunning(other))
})

t.test('a watchdog that was killed is started again, and told of all groups that are left', async (t) => {
  const { shell, ids } = await shellIn(await folder(t))
  const watchdog = createWatchdog(log, shell)
  const [first, second, other] = [stubborn(t), stubborn(t), stubborn(t)]
  watchdog.add(first)
  watchdog.add(other)
  watchdog.remove(other)
  await until(async () => (await ids())[0]! > 0)
  process.kill((await ids())[0]!, 'SIGKILL')
  await until(async () => {
    watchdog.add(second)
    return (await ids()).length === 2
  })
  watchdog.close()
  t.ok(await until(() => !isRunning(first) && !isRunning(second)))
  t.ok(isRunning(other))
})

t.test('where there is no shell that is said once, and processes run all the same', async (t) => {
  const { processes, lines } = startProcesses(t, { shell: '/no/such/shell' })
  for (let count = 0; count < 2; count++) {
    const client = await connectClient(processes.open(upstreamSettings(), undefined))
    t.equal(await callText(client, 'echo'), '{}')
  }
  t.match(
    lines.filter(({ level }) => level === 40),
    [{ msg: /there is no \/no\/such\/shell/ }]
  )
})
