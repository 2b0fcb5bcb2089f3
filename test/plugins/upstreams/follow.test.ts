// mcp.json is read again on SIGHUP, and in development when it is saved: what is wrong changes nothing, and the log has
// names only.
import { EventEmitter } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Fastify from 'fastify'
import fp from 'fastify-plugin'
import t, { type Test } from 'tap'
import { createUpstreamsReader } from '../../../config/mcp-json/index.ts'
import { reference } from '../../../config/mcp-json/references.ts'
import type { UpstreamSettings } from '../../../config/upstreams.ts'
import follow from '../../../plugins/upstreams/follow.ts'
import { folder } from '../../helpers/tool-context.ts'
import { until } from '../../helpers/until.ts'

const SECRET = 'tell-nobody-5f2a'

async function following (t: Test, servers: object, watches = false) {
  const place = await folder(t)
  const path = join(place, 'mcp.json')
  const write = (now: object) => writeFile(path, JSON.stringify({ mcpServers: now }))
  await write(servers)
  const lines: string[] = []
  const replaced: string[][] = []
  const app = Fastify({ logger: { level: 'info', stream: { write: (line: string) => { lines.push(JSON.parse(line).msg) } } } })
  t.teardown(() => app.close())
  await app.register(fp(async () => {
    app.decorate('upstreams', {
      replace: async (all: UpstreamSettings[]) => { replaced.push(all.map(({ name }) => name)) }
    } as never)
  }, { name: 'upstreams' }))
  const reader = createUpstreamsReader(undefined, { environment: { TOKEN: SECRET }, folder: place, signIn: true })
  const signals = new EventEmitter()
  const read = reader.read()
  const upstreams = 'upstreams' in read ? read.upstreams : []
  await app.register(follow, { upstreams, upstreamsFile: path, readUpstreams: reader.read, signals, watches })
  return { app, path, write, lines, replaced, signals }
}

t.test('SIGHUP reads mcp.json again, and the log says by name what has changed', async (t) => {
  const { app, path, write, lines, replaced, signals } = await following(t, { a: { command: 'x' }, b: { command: 'x' } })
  await write({ b: { command: 'y', env: { KEY: reference('TOKEN') } }, c: { url: 'https://x.example' } })
  signals.emit('SIGHUP')
  t.ok(await until(() => lines.length === 1))
  t.same(lines, ['mcp.json was read again: added c; removed a; changed b'])
  t.same(replaced, [['b', 'c']])
  signals.emit('SIGHUP')
  t.ok(await until(() => lines.length === 2))
  t.equal(lines[1], 'mcp.json was read again: nothing has changed')
  await rm(path)
  signals.emit('SIGHUP')
  t.ok(await until(() => lines.length === 3))
  t.equal(lines[2], 'mcp.json was read again: removed b, c')
  t.same(replaced, [['b', 'c'], []])
  await app.close()
  t.equal(signals.listenerCount('SIGHUP'), 0, 'nothing is left behind')
})

t.test('with a mistake in it the upstreams from before stay, and one line says what is wrong (MJ-01)', async (t) => {
  const { write, lines, replaced, signals } = await following(t, { a: { command: 'x' } })
  await write({ a: { url: `http://${reference('TOKEN')}.example.com` }, b: {} })
  signals.emit('SIGHUP')
  t.ok(await until(() => lines.length === 1))
  t.match(lines[0], /^mcp\.json was read again, but the previous upstreams stay: .*"a", url: write https.*; .*"b": write "command"/)
  t.notMatch(lines[0], SECRET)
  t.same(replaced, [])
})

t.test('in development it is followed when it is saved', async (t) => {
  const { write, lines, replaced } = await following(t, {}, true)
  await write({ a: { command: 'x' } })
  t.ok(await until(() => lines.length === 1))
  t.same(lines, ['mcp.json was read again: added a'])
  t.same(replaced, [['a']])
})

t.test('what could not be followed is said, and followed with the next signal', async (t) => {
  const { app, write, lines, replaced, signals } = await following(t, {})
  const { replace } = app.upstreams
  app.upstreams.replace = async () => { throw new Error('busy') }
  await write({ a: { command: 'x' } })
  signals.emit('SIGHUP')
  t.ok(await until(() => lines.length === 1))
  t.equal(lines[0], 'mcp.json was read again, and could not be followed')
  app.upstreams.replace = replace
  signals.emit('SIGHUP')
  t.ok(await until(() => lines.length === 2))
  t.equal(lines[1], 'mcp.json was read again: added a')
  t.same(replaced, [['a']])
})
