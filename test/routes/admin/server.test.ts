// What runs here, as owners see it, and not one secret of the configuration.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { startHttpUpstream } from '../../fixtures/upstreams/http-server.ts'
import { version } from '../../../version.ts'
import { ownerOf } from '../../helpers/owner.ts'
import { startServer } from '../../helpers/server.ts'
import { folder } from '../../helpers/tool-context.ts'

t.test('owners see versions, mail, storage and variables, and no secret (AS-01)', async (t) => {
  const secret = 'hunter2-not-to-be-seen-0123456789'
  const server = await startServer(t, {
    env: { SECRET_KEY: secret, SMTP_URL: `smtp://user:${secret}@127.0.0.1:1`, MAIL_FROM: 'mcp@example.com', METRICS_TOKEN: secret, MFA: 'off' }
  })
  const { browser } = await ownerOf(server)
  const { text, status } = await browser.get(`${server.url}/admin/server`)
  t.equal(status, 200)
  for (const part of [version, process.versions.node, '2026-07-28', 'SQLite', 'smtp://127.0.0.1:1', 'MFA is off']) t.match(text, part)
  t.match(text, /<code>SECRET_KEY<\/code><\/th><td[^>]*><em>not shown<\/em>/)
  t.notMatch(text, secret)
})

t.test('an existing server that fails is hinted at, and one that answers is not', async (t) => {
  const crm = await startHttpUpstream(t, { sessions: true })
  const hasHint = async (url: string) => {
    const file = join(await folder(t), 'mcp.json')
    await writeFile(file, JSON.stringify({ mcpServers: { crm: { url } } }))
    const server = await startServer(t, { env: { UPSTREAMS: file } })
    await server.app.upstreams.looked()
    const { browser } = await ownerOf(server)
    return (await browser.get(`${server.url}/admin/server`)).text.includes('An existing server is not reached')
  }
  t.equal(await hasHint('http://127.0.0.1:1/mcp'), true)
  t.equal(await hasHint(crm.url), false)
})

t.test('mail that was not sent is counted, and hinted at', async (t) => {
  const env = { AUTH_BACKEND: 'demo', SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: 'mcp@example.com' }
  const server = await startServer(t, { env })
  const { browser } = await ownerOf(server)
  const shown = async () => (await browser.get(`${server.url}/admin/server`)).text
  t.notMatch(await shown(), /Mail not sent|Mail could not be sent/)
  Object.assign(server.app.mail.failures, { count: 2, lastAt: 1_800_000_000 })
  const text = await shown()
  t.match(text, 'Mail could not be sent')
  t.match(text, /Mail not sent[^]*2 since the start, the last on/)
})
