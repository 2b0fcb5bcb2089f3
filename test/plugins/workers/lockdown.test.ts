// A worker reaches nothing: no network, no name, no file but its code, no process, no variable of the environment
// (threats WK-01, WK-02, WS-02).
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { copyFile, readdir, writeFile } from 'node:fs/promises'
import { url as inspectorUrl } from 'node:inspector'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { getPriority } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import workers from '../../../plugins/workers.ts'
import { permissionsOf } from '../../../plugins/workers/permissions.ts'
import { ProcessEnded, WorkerProcess } from '../../../plugins/workers/process.ts'
import reach, { files, forWorkersOnly, network, processes, type Goal } from '../../helpers/reaching-task.ts'
import { folder } from '../../helpers/tool-context.ts'

const TASK = new URL('../../helpers/reaching-task.ts', import.meta.url)
const SQLITE_TASK = new URL('../../../tools/database/sqlite-task.ts', import.meta.url)

/** @returns where a task may try to get, and how often somebody came. */
async function openGoal (t: Test): Promise<{ goal: Goal; visits: () => number }> {
  let visits = 0
  const place = await folder(t)
  const open = async (server: Server, where: number | string) => {
    server.on('connection', (socket) => {
      visits++
      socket.on('error', () => {}).end('HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n')
    })
    await once(typeof where === 'number' ? server.listen(where, 'localhost') : server.listen(where), 'listening')
    t.teardown(() => server.close())
    return server
  }
  const { port } = (await open(createServer(), 0)).address() as AddressInfo
  const socket = join(place, 'unix.sock')
  await open(createServer(), socket)
  const datagrams = createSocket('udp4').on('message', () => {
    visits++
  })
  datagrams.bind(port, '127.0.0.1')
  await once(datagrams, 'listening')
  t.teardown(
    () =>
      new Promise<void>((resolve) => {
        datagrams.close(() => resolve())
      })
  )
  const database = join(place, 'other.db')
  new DatabaseSync(database).exec("CREATE TABLE t (a); INSERT INTO t VALUES ('secret')")
  await copyFile(database, `${database}.copy`)
  await writeFile(join(place, 'secret.txt'), 'secret')
  await writeFile(join(place, 'secret.json'), '{}')
  return {
    goal: {
      port,
      socket,
      folder: place,
      secret: join(place, 'secret.txt'),
      json: join(place, 'secret.json'),
      database
    },
    visits: () => visits
  }
}

async function openWorkers (t: Test) {
  const app = Fastify()
  await app.register(workers)
  t.teardown(() => app.close())
  return <Out>(task: URL, input: unknown, reads: string[] = []) =>
    app.workers.run<Out>(task, input, { person: 'somebody', timeout: 60_000, reads })
}

const REFUSED = /^(?:EACCES|process.send is not a function|ERR_ACCESS_DENIED|ERR_DLOPEN_DISABLED|ERR_SQLITE_ERROR|no WebSocket)$/

t.test('the ways are ways: this process gets out by each of them', async (t) => {
  const { goal, visits } = await openGoal(t)
  for (const way of Object.keys({ ...network, ...files, ...processes })) {
    const before = visits()
    const outcome = await reach({ way, goal })
    await new Promise(setImmediate)
    t.ok(outcome === 'done' || visits() > before, `${way}: ${outcome}`)
  }
})

t.test('a worker gets out by none of them (WK-01)', async (t) => {
  const { goal, visits } = await openGoal(t)
  const run = await openWorkers(t)
  const before = (await readdir(goal.folder)).sort()
  const priority = getPriority()
  for (const way of Object.keys({ ...network, ...files, ...processes, ...forWorkersOnly })) {
    t.match(await run<string>(TASK, { way, goal }), REFUSED, way)
  }
  t.equal(visits(), 0, 'no connection came')
  t.equal(inspectorUrl(), undefined, 'the debugger stays closed')
  t.equal(getPriority(), priority)
  t.same((await readdir(goal.folder)).sort(), before, 'nothing was written')
})

t.test('a worker that answers for an order it does not have is ended (WS-02)', async (t) => {
  const { goal } = await openGoal(t)
  const run = await openWorkers(t)
  for (const [way, why] of [
    ['a result without its number', 'it sent the report of another order'],
    ['a result that is too long', 'it sent more than it may']
  ] as const) {
    await t.rejects(run(TASK, { way, goal }), { name: 'ToolError', cause: { message: why } }, way)
  }
  t.match(await run(TASK, { way: 'stat', goal }), REFUSED, 'the next task is served')
})

t.test('a file that one task may read is read by no other, and nothing beside it (WK-02)', async (t) => {
  const { goal } = await openGoal(t)
  const run = await openWorkers(t)
  t.match(await run(SQLITE_TASK, { path: goal.database }, [goal.database]), [{ name: 't' }])
  t.equal(await run(TASK, { way: 'sqlite: to read', goal }, [goal.database]), 'done')
  await t.rejects(
    run(SQLITE_TASK, { path: goal.database }),
    { message: 'A worker has no such file.' },
    'the next task, which may not'
  )
  const closed = ['to write', 'a name that begins so', 'ATTACH', 'VACUUM INTO', 'backup'].map((way) => `sqlite: ${way}`)
  for (const way of ['readFile', 'readdir', ...closed]) {
    t.match(await run(TASK, { way, goal }, [goal.database]), REFUSED, way)
  }
  await t.rejects(
    run(TASK, { way: 'readFile', goal }, [`${goal.folder}/*`]),
    { message: /a \* in it/ },
    'no pattern of paths'
  )
})

/** A worker in which `code` has run before anything else. */
function startWorker (
  t: Test,
  code: string,
  begun = () => {}
): (input: unknown) => Promise<unknown> {
  const { flags, ...permissions } = permissionsOf(TASK)
  const preload = `--import=data:text/javascript,${encodeURIComponent(code)}`
  const worker = new WorkerProcess({ ...permissions, flags: [...flags, preload] }, { heapMb: 256, maxBytes: Infinity })
  t.teardown(async () => {
    worker.kill('the test is done')
    await worker.ended
  })
  return (input) => worker.run({ task: TASK.href, input }, new AbortController().signal, begun)
}

t.test('a worker that cannot be closed does no task, and says why', async (t) => {
  const { goal, visits } = await openGoal(t)
  const run = startWorker(
    t,
    `import dgram from 'node:dgram'
    import { syncBuiltinESMExports } from 'node:module'
    dgram.createSocket = () => { throw new Error('no datagrams here') }
    syncBuiltinESMExports()`
  )
  const error: unknown = await run({ way: 'net.connect', goal }).catch((error) => error)
  t.ok(error instanceof ProcessEnded)
  t.match(error, { message: 'it could not be closed: Error: no datagrams here' })
  t.equal(visits(), 0)
})

t.test('a worker is closed where a connection fails at once as well (WK-01)', async (t) => {
  const { goal, visits } = await openGoal(t)
  // As in a sandbox that refuses it: the socket has lost its handle by the time `connect` returns.
  const run = startWorker(
    t,
    `import net from 'node:net'
    for (const where of [[1, '127.0.0.1'], ['/nowhere']]) {
      const socket = new net.Socket().on('error', () => {})
      socket.connect(...where)
      const methods = Object.getPrototypeOf(socket._handle)
      for (const name of ['connect', 'connect6']) if (methods[name]) methods[name] = () => -13
      socket.destroy()
    }`
  )
  for (const way of Object.keys(network)) t.match(await run({ way, goal }), REFUSED, way)
  t.equal(visits(), 0)
})

t.test('a worker that says again and again that it begins is ended (WS-02)', async (t) => {
  const { goal } = await openGoal(t)
  let begun = 0
  const run = startWorker(
    t,
    `import net from 'node:net'
    const { write } = net.Socket.prototype
    net.Socket.prototype.write = function (frame) {
      const times = frame.length === 21 ? 1_000 : 1
      return write.call(this, Buffer.concat(Array(times).fill(frame)))
    }`,
    () => { begun++ }
  )
  await t.rejects(run({ way: 'stat', goal }), {
    message: 'it began its order twice'
  })
  t.equal(begun, 1)
})

t.test('a report that is too much for the server is not read (WS-02)', async (t) => {
  const { goal } = await openGoal(t)
  for (const [kind, body, why] of [
    [0, "'\\xff\\x0f' + 'A\\x80\\x80\\x80\\x0f'.repeat(30)", 'it sent a result of too many values'],
    [1, "'['.repeat(300_000)", 'it sent a failure that is too long'],
    [1, "'{'", 'it sent a report that cannot be read'],
    [7, "'x'", 'it sent a report of no known kind']
  ] as const) {
    const run = startWorker(
      t,
      `import net from 'node:net'
      const { write } = net.Socket.prototype
      net.Socket.prototype.write = function (frame) {
        if (frame.length === 21) return write.call(this, frame)
        const body = Buffer.from(${body}, 'latin1')
        const head = frame.subarray(0, 21)
        head.writeUInt32BE(17 + body.length)
        head[20] = ${kind}
        return write.call(this, Buffer.concat([head, body]))
      }`
    )
    await t.rejects(run({ way: 'stat', goal }), { message: why })
  }
})
