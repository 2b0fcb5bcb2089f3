// The page of invitations: made, shown once, sent again and withdrawn.
import { Browser } from '../../helpers/browser.ts'
import { act, signedUpOwner } from '../../helpers/owners.ts'
import { storageTest } from '../../helpers/storages.ts'

storageTest('without mail the link is shown once; the page lists what became of it', async (t, start) => {
  const server = await start({ env: { AUTH_BACKEND: 'local' } })
  const { url, app } = server
  const { browser, id } = await signedUpOwner(server)
  const page = await browser.get(`${url}/admin/invitations`)
  const shown = await act(browser, page, 'invite', { email: 'ann@example.com', groups: 'finance, research', language: 'ja' })
  const link = /http[^<]*\?invite=[\w.-]+/.exec(shown.text)![0]
  t.match(await new Browser().get(link), { status: 200, text: /invites you to/ })
  t.match(await app.signIn.invitations.list(), [{ email: 'ann@example.com', groups: ['finance', 'research'], language: 'ja', by: id }])
  const listed = await browser.get(`${url}/admin/invitations`)
  t.notMatch(listed.text, link)
  const again = await act(browser, listed, 'resend')
  t.equal(await app.signIn.invitations.isValid(new URL(link).searchParams.get('invite')!), false)
  t.match(again.text, /shown only this once/)
  const withdrawn = await act(browser, await browser.get(`${url}/admin/invitations`), 'withdraw')
  t.match(withdrawn.text, /role="status">The invitation was withdrawn/)
  const refused = await act(browser, withdrawn, 'invite', { email: 'no address', groups: 'finance' })
  t.match(refused, { status: 400, text: /role="alert"[^>]*>Enter an email address/ })
  t.match(refused.text, 'value="no address"', 'what was typed stays')
  t.equal((await app.signIn.invitations.list()).length, 1)
})
