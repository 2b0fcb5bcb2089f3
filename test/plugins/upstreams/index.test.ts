// Existing MCP servers behind a whole server: they start beside it, their tools are there, and none of them stops it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startHttpUpstream } from '../../fixtures/upstreams/http-server.ts'
import { startServer } from '../../helpers/server.ts'
import { demoPerson } from '../../helpers/access-keys.ts'
import { callerOf, callOf, exchangeOf } from '../../helpers/memory-upstream.ts'
import { until } from '../../helpers/until.ts'

const STDIO = new URL('../../fixtures/upstreams/stdio-server.ts', import.meta.url).pathname

async function start (t: Test, mcpServers: Record<string, object>) {
  const folder = await mkdtemp(join(tmpdir(), 'upstreams-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const file = join(folder, 'mcp.json')
  await writeFile(file, JSON.stringify({ mcpServers }))
  // A restart gives it another `app`.
  return Object.assign(await startServer(t, { env: { UPSTREAMS: file }, offer: {} }), { file })
}

const stdio = (...args: string[]) => ({ command: process.execPath, args: [STDIO, ...args] })

t.test('their tools are offered under their prefixes, and one that is broken costs only its own (UP-07)', async (t) => {
  const crm = await startHttpUpstream(t, { sessions: true })
  const { app } = await start(t, {
    files: stdio(),
    crm: { url: crm.url },
    broken: stdio('--exit-at-start'),
    gone: { url: 'http://127.0.0.1:1/mcp' }
  })
  const { upstreams } = app
  t.ok(await until(() => upstreams.tools.some(({ name }) => name === 'crm_echo') && upstreams.find('files')!.catalogue.tools.length > 0))
  t.ok(upstreams.tools.every(({ name }) => /^(?:crm|files)_/.test(name)))
  t.ok(await until(() => upstreams.all.filter((one) => one.status().state === 'failing').length === 2))
  t.match(upstreams.find('broken')!.status().fault, /license/)
  t.match(upstreams.find('gone')!.status(), { state: 'failing', fault: /nothing listens/, connections: 0 })
  const ready = await app.inject('/health/ready')
  t.equal(ready.statusCode, 200)
})

t.test('a file that has changed is followed: what is gone ends, what is new starts, the rest is left alone', async (t) => {
  const crm = await startHttpUpstream(t)
  const { app, config, file } = await start(t, { files: stdio(), crm: { url: crm.url } })
  const { upstreams } = app
  const changes: unknown[] = []
  upstreams.onChange((change) => changes.push(change))
  t.ok(await until(() => upstreams.tools.some(({ name }) => name === 'crm_echo')))
  const kept = upstreams.find('crm')
  await writeFile(file, JSON.stringify({ mcpServers: { crm: { url: crm.url }, wiki: stdio() } }))
  const read = config.readUpstreams()
  if ('problems' in read) throw new Error(read.problems.join())
  await upstreams.replace(read.upstreams)
  t.equal(upstreams.find('crm'), kept)
  t.equal(upstreams.find('files'), undefined)
  t.ok(await until(() => upstreams.tools.some(({ name }) => name.startsWith('wiki_'))))
  t.notOk(upstreams.tools.some(({ name }) => name.startsWith('files_')))
  t.match(changes.at(-1), { kind: 'lists', upstream: 'wiki' })
})

t.test('the lists that were seen are offered at once after a restart, also of one that is down (UP-07)', async (t) => {
  const crm = await startHttpUpstream(t)
  const server = await start(t, { crm: { url: crm.url } })
  t.ok(await until(() => server.app.upstreams.tools.length > 0))
  crm.fault = { status: 500 }
  crm.faultOn = []
  await server.restart()
  const again = server.app.upstreams
  t.same(again.tools.map(({ name }) => name), ['crm_echo'])
  const call = again.find('crm')!.request({ method: 'tools/call', params: { name: 'echo' } }, exchangeOf())
  await t.rejects(call, /500/)
})

t.test('the process of a person ends with their account (UP-09)', async (t) => {
  const server = await start(t, { files: { ...stdio(), process: 'per-user', idleSeconds: 10 } })
  const files = server.app.upstreams.find('files')!
  const { id } = await demoPerson(server)
  const exchange = exchangeOf({ caller: callerOf(id) })
  await files.request(callOf('echo', { text: 'x' }), exchange)
  const before = files.status().connections
  await server.app.signIn.lifecycle.lock(id)
  const lockedAt = Date.now()
  t.ok(await until(() => files.status().connections < before))
  t.ok(Date.now() - lockedAt < 5_000, 'before anybody would call it idle')
})

t.test('a service of CLIENTS keeps its process and its connection, and what it has asked there goes on (UH-56)', async (t) => {
  const server = await start(t, { files: { ...stdio(), process: 'per-user', idleSeconds: 10 } })
  const files = server.app.upstreams.find('files')!
  const exchange = exchangeOf({ caller: callerOf('service:nightly') })
  const pidOf = async () => JSON.stringify(await files.request(callOf('pids'), exchange))
  const pid = await pidOf()
  await sleep(4_000)
  t.equal(await pidOf(), pid, 'who has left is looked for every two and a half seconds')
})
