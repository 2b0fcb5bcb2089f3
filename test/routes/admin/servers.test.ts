// The existing servers as owners see them: how each is, what has changed, and a restart that is theirs to ask for.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { startHttpUpstream } from '../../fixtures/upstreams/http-server.ts'
import { demoPerson } from '../../helpers/access-keys.ts'
import { ownerOf } from '../../helpers/owner.ts'
import { storageTest, type Start } from '../../helpers/storages.ts'
import { until } from '../../helpers/until.ts'

async function begin (t: Test, start: Start) {
  const folder = await mkdtemp(join(tmpdir(), 'admin-servers-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const file = join(folder, 'mcp.json')
  const crm = await startHttpUpstream(t, { sessions: true })
  // eslint-disable-next-line no-template-curly-in-string
  const gone = { url: 'http://127.0.0.1:1/mcp?key=${GONE_KEY}', headers: { authorization: 'Bearer ${GONE_KEY}' } }
  await writeFile(file, JSON.stringify({ mcpServers: { crm: { url: crm.url }, gone } }))
  const server = await start({ env: { UPSTREAMS: file, GONE_KEY: 'hunter2-secret' } })
  await server.app.upstreams.looked()
  return server
}

const tokenOf = (text: string) => /name="token" value="([^"]+)"/.exec(text)![1]!

storageTest('owners see each server with its state and what to do, and no secret of it (AS-01)', async (t, start) => {
  const server = await begin(t, start)
  const { browser } = await ownerOf(server)
  const { text } = await browser.get(`${server.url}/admin/servers`)
  t.match(text, /<bdi>crm<\/bdi> <span class="state good">Connected/)
  t.match(text, /<bdi>gone<\/bdi> <span class="state bad">Not reached/)
  t.match(text, /The reason: .*nothing listens/)
  t.match(text, 'crm_echo')
  t.notMatch(text, 'hunter2')
})

storageTest('a restart ends the connection and begins another, and is audited with who asked for it', async (t, start) => {
  const server = await begin(t, start)
  const { app, url } = server
  const { browser, id } = await ownerOf(server)
  const events: unknown[] = []
  app.audit.listen((event) => events.push(event))
  let isRestarted = false
  const crm = app.upstreams.find('crm')!
  const { restart } = crm
  crm.restart = async () => {
    await restart.call(crm)
    isRestarted = true
  }
  const page = await browser.get(`${url}/admin/servers`)
  const after = await browser.post(`${url}/admin/servers`, { token: tokenOf(page.text), server: 'crm' })
  t.match(after.text, 'crm is being started again')
  t.match(events, [{ event: 'upstream_restarted', upstream: 'crm', by: id }])
  t.ok(await until(() => isRestarted))
  t.equal(crm.status().state, 'ready')
})

storageTest('a restart without the token of the form, of somebody else or of a server that is not there does nothing', async (t, start) => {
  const server = await begin(t, start)
  const { app, url } = server
  const { browser } = await ownerOf(server)
  const { browser: other } = await demoPerson(server)
  const events: string[] = []
  app.audit.listen(({ event }) => events.push(event))
  const token = tokenOf((await browser.get(`${url}/admin/servers`)).text)
  t.equal((await browser.post(`${url}/admin/servers`, { server: 'crm' })).status, 400)
  t.equal((await other.post(`${url}/admin/servers`, { token, server: 'crm' })).status, 403)
  t.equal((await browser.post(`${url}/admin/servers`, { token, server: 'constructor' })).status, 200)
  t.notOk(events.includes('upstream_restarted'))
  t.equal(await app.storage.collection('upstreamRestarts').find('crm'), undefined)
})
