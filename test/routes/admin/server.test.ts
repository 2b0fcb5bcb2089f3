// What runs here, as owners see it, and not one secret of the configuration.
import t from 'tap'
import { version } from '../../../version.ts'
import { ownerOf } from '../../helpers/owner.ts'
import { startServer } from '../../helpers/server.ts'

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
