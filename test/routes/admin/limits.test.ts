// Limits as owners see them: which were hit, from where, by whom, and what changes them.
import { ownerOf } from '../../helpers/owner.ts'
import { storageTest } from '../../helpers/storages.ts'

storageTest('owners see which limits were hit, by which address and person', async (t, start) => {
  const server = await start({ env: { RATE_LIMITS: 'sign-in=7' } })
  const { app, url } = server
  const { browser, id } = await ownerOf(server)
  t.match((await browser.get(`${url}/admin/limits`)).text, 'No limit was hit')
  app.audit.note('limit', { reason: 'messages-per-user', user: id })
  app.audit.note('tool_call', { tool: 'search', user: id, outcome: 'refused', ms: 0 })
  const { text } = await browser.get(`${url}/admin/limits?range=month`)
  t.match(text, `href="/admin/person?person=${id}"`)
  t.match(text, '1 tool call was refused')
  t.match(text, /<code>sign-in<\/code><\/th><td[^>]*>Sign-ins[^<]*<\/td><td[^>]*>7</)
  t.match(text, /<code>messages-per-user<\/code>[\s\S]*<span class="state bad">1<\/span>/)
})

storageTest('a server without limits says so', async (t, start) => {
  const server = await start({ env: { RATE_LIMITS: 'off' } })
  const { browser } = await ownerOf(server)
  t.match((await browser.get(`${server.url}/admin/limits`)).text, 'Nothing is limited')
})
