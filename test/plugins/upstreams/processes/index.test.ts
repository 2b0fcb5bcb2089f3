// Processes of upstreams as the client of the SDK speaks to them: environment,
// bounds in number, and their ends.
import t from 'tap'
import type { UpstreamCaller } from '../../../../plugins/upstreams/contract.ts'
import {
  callText,
  connectClient,
  isRunning,
  startProcesses,
  upstreamSettings
} from '../../../helpers/upstream-processes.ts'

const caller = (id: string): UpstreamCaller => ({
  id,
  name: 'Ada',
  groups: ['staff', 'a,b'],
  clientId: 'app'
})

t.test('a process answers, has the environment that is written for it, and ends with its connection (PR-01)', async (t) => {
  const environment = { PATH: '/bin', HOME: '/srv' }
  const { processes } = startProcesses(t, { environment })
  const settings = upstreamSettings([], { env: { KEY: 'value' } })
  const client = await connectClient(processes.open(settings, undefined))
  t.equal(processes.count, 1)
  t.same(
    JSON.parse(await callText(client, 'environment')),
    { ...environment, KEY: 'value' }
  )
  t.equal(await callText(client, 'echo', { text: 'hello' }), '{"text":"hello"}')
  await client.close()
  t.equal(processes.count, 0)
})

t.test('a process of a person is told of them, and only of what is known', async (t) => {
  const { processes } = startProcesses(t, { environment: {} })
  const env = { MCP_USER_ID: 'root' }
  const settings = upstreamSettings([], { env, process: 'per-user' })
  const client = await connectClient(processes.open(settings, caller('user-1')))
  t.same(JSON.parse(await callText(client, 'environment')), {
    MCP_USER_ID: 'user-1',
    MCP_USER_NAME: 'Ada',
    MCP_USER_GROUPS: 'staff'
  })
})

t.test('more processes than may run, of a person or in all, are refused without being started (PR-09)', async (t) => {
  const bounds = { maxProcesses: 3, maxPerPerson: 2 }
  const { processes } = startProcesses(t, { bounds })
  const open = (id: string) => processes.open(upstreamSettings(), caller(id))
  const first = open('ada')
  await Promise.all([first.start(), open('ada').start()])
  const refused = {
    name: 'UpstreamError',
    fault: 'busy',
    wasSent: false,
    upstream: 'fixture'
  }
  await t.rejects(open('ada').start(), { ...refused, message: /the person/ })
  await open('bob').start()
  await t.rejects(
    open('carl').start(),
    { ...refused, message: /as many processes/ }
  )
  t.equal(processes.count, 3)
  await first.close()
  await open('carl').start()
  t.equal(processes.count, 3)
})

t.test('where as many run as may, the one that nobody has used for longest makes room', async (t) => {
  const { processes } = startProcesses(t, { bounds: { maxProcesses: 2 } })
  const opened = ['ada', 'bob'].map((id) => processes.open(upstreamSettings(), caller(id)))
  const clients = []
  for (const transport of opened) clients.push(await connectClient(transport))
  await callText(clients[0]!, 'echo')
  await connectClient(processes.open(upstreamSettings(), caller('carl')))
  t.same(opened.map(({ isClosed }) => isClosed), [false, true])
})

t.test('at the end all processes are gone, and none is started', async (t) => {
  const { processes } = startProcesses(t, { bounds: { graceMs: 50 } })
  const stubborn = upstreamSettings(['--ignore-term', '--grandchild'])
  const one = processes.open(stubborn, undefined)
  const other = processes.open(upstreamSettings(), undefined)
  const client = await connectClient(one)
  const answer = await callText(client, 'pids')
  const pids = Object.values(JSON.parse(answer) as object) as number[]
  await other.start()
  await processes.close()
  t.equal(processes.count, 0)
  for (const pid of pids) t.notOk(isRunning(pid))
  await t.rejects(
    processes.open(upstreamSettings(), undefined).start(),
    { fault: 'busy', message: /closing/ }
  )
})
