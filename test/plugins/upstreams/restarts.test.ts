// A restart that somebody asks for reaches every server on the same storage, once, and none that starts afterwards.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import Fastify from 'fastify'
import fp from 'fastify-plugin'
import t from 'tap'
import followRestarts, { askForRestart } from '../../../plugins/upstreams/restarts.ts'
import { startHttpUpstream } from '../../fixtures/upstreams/http-server.ts'
import { startServer } from '../../helpers/server.ts'
import { folder } from '../../helpers/tool-context.ts'
import { storageTest } from '../../helpers/storages.ts'
import { until } from '../../helpers/until.ts'

storageTest('what is asked for in storage is done once by a server that runs, and not by its next start', async (t, start) => {
  const crm = await startHttpUpstream(t)
  const file = join(await folder(t), 'mcp.json')
  await writeFile(file, JSON.stringify({ mcpServers: { crm: { url: crm.url } } }))
  const server = await start({ env: { UPSTREAMS: file } })
  await server.app.upstreams.looked()
  let restarts = 0
  const count = () => {
    server.app.upstreams.find('crm')!.restart = async () => { restarts++ }
  }
  count()
  const noted: object[] = []
  await askForRestart(
    { storage: server.app.storage, audit: { note: (event, details) => { noted.push({ event, ...details }) } } }, 'crm', 'operator'
  )
  t.same(noted, [{ event: 'upstream_restarted', upstream: 'crm', by: 'operator' }])
  t.ok(await until(() => restarts === 1))
  await delay(1_200)
  t.equal(restarts, 1, 'and not again when storage is looked at next')
  crm.requests.length = 0
  await server.restart()
  await server.app.upstreams.looked()
  t.equal(
    crm.requests.filter(({ body }) => body.includes('tools/list')).length, 1, 'a start looks once'
  )
  count()
  await askForRestart({ storage: server.app.storage, audit: { note () {} } }, 'crm', 'operator')
  t.ok(await until(() => restarts > 1))
  t.equal(restarts, 2, 'what was asked for before the start is done with it')
})

t.test('one that hangs when it is started again delays no other, nor the end of the server (UP-24)', async (t) => {
  const file = join(await folder(t), 'mcp.json')
  const crm = await startHttpUpstream(t)
  await writeFile(
    file, JSON.stringify({ mcpServers: { crm: { url: crm.url }, erp: { url: crm.url } } })
  )
  const server = await startServer(t, { env: { UPSTREAMS: file } })
  const restarted: string[] = []
  for (const { settings: { name } } of server.app.upstreams.all) {
    server.app.upstreams.find(name)!.restart = () => {
      restarted.push(name)
      return new Promise(() => {})
    }
  }
  const by = { storage: server.app.storage, audit: { note () {} } }
  await askForRestart(by, 'crm', 'operator')
  t.ok(await until(() => restarted.length === 1))
  await askForRestart(by, 'erp', 'operator')
  t.ok(await until(() => restarted.length === 2))
  await server.app.close()
})

t.test('while storage is away a server starts all the same, and its log says what could not be read', async (t) => {
  const lines: Array<{ level: number; msg: string; err: object }> = []
  const app = Fastify({ logger: { stream: { write: (line: string) => { lines.push(JSON.parse(line)) } } } })
  t.teardown(() => app.close())
  await app.register(fp(async () => {
    app.decorate('storage', { collection: () => ({ find: async () => { throw new Error('away') } }) } as never)
    app.decorate('upstreams', { all: [{ settings: { name: 'crm' } }] } as never)
  }, { name: 'upstreams' }))
  await app.register(followRestarts)
  await app.ready()
  t.match(lines, [{ level: 40, msg: /started again could not be read$/, err: { message: 'away' } }])
})
