// A process is ended with all that it has started, and never a stranger that
// has got its id.
import { spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import t from 'tap'
import { ProcessGroup } from '../../../../plugins/upstreams/processes/group.ts'
import { until } from '../../../helpers/until.ts'
import { isRunning } from '../../../helpers/upstream-processes.ts'

function start (t: { teardown(work: () => unknown): void }, script: string) {
  const child = spawn('/bin/sh', ['-c', script], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore']
  })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

const firstLine = async (child: ReturnType<typeof start>) =>
  String(((await once(child.stdout, 'data')) as [Buffer])[0]).trim()

t.test('a process that ends with its input gets no signal', async (t) => {
  const child = start(t, 'cat > /dev/null; exit 5')
  const exited = once(child, 'exit')
  await new ProcessGroup(child, 10_000).end()
  t.same(await exited, [5, null])
})

t.test('SIGTERM comes after a grace, and what it has started has a grace as well', async (t) => {
  const child = start(t, `(
    trap "sleep 0.2; echo saved; exit" TERM
    echo ready
    while :; do sleep 0.05; done
  )&
  wait`)
  t.equal(await firstLine(child), 'ready')
  const saved = firstLine(child)
  await new ProcessGroup(child, 1_000).end()
  t.equal(await saved, 'saved')
  t.equal(child.signalCode, 'SIGTERM')
})

t.test('SIGKILL ends what ignores everything, also when the process itself has ended', async (t) => {
  const child = start(t, '(trap "" TERM; while :; do sleep 1; done)& echo $!')
  const group = new ProcessGroup(child, 50)
  const grandchild = Number(await firstLine(child))
  await until(() => child.exitCode !== null)
  t.ok(isRunning(grandchild))
  await Promise.all([group.end(), group.end()])
  t.notOk(isRunning(grandchild))
})

t.test('a stranger with the id of a process that was collected is not signalled (PR-08)', async (t) => {
  const stranger = start(t, 'while :; do sleep 1; done')
  const ended = Object.assign(new EventEmitter(), {
    pid: stranger.pid,
    stdin: null
  })
  const group = new ProcessGroup(ended as unknown as ChildProcess, 10)
  ended.emit('exit', 0, null)
  await group.end()
  t.ok(isRunning(stranger.pid!))
})
