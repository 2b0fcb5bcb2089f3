// Nobody but an owner enters the administration: a stranger is sent to the sign-in, anybody else is refused.
import { Browser } from '../../helpers/browser.ts'
import { demoPerson } from '../../helpers/access-keys.ts'
import { storageTest } from '../../helpers/storages.ts'

storageTest('a stranger is sent to the sign-in, and somebody who is no owner is refused with what to do (AD-01)', async (t, start) => {
  const server = await start()
  const stranger = await new Browser().get(`${server.url}/admin`)
  t.match(stranger.url, /\/login\?interaction=/)
  const { browser } = await demoPerson(server)
  const refused = await browser.get(`${server.url}/admin`)
  t.equal(refused.status, 403)
  t.match(refused.text, /access_denied/)
  t.match(refused.text, 'OWNER_EMAIL')
})

storageTest('an owner enters, and stops being one at the next request (AD-01)', async (t, start) => {
  const { url, app, ...server } = await start()
  const { browser, id } = await demoPerson({ url, app, ...server })
  await app.userStore.records.update(id, (user) => ({ write: { record: { ...user!, isOwner: true }, ttl: null }, result: undefined }))
  const page = await browser.get(`${url}/admin`)
  t.equal(page.status, 200)
  t.match(page.text, '<h1>Administration</h1>')
  await app.userStore.records.update(id, ({ isOwner: _, ...user }: any) => ({ write: { record: user, ttl: null }, result: undefined }))
  t.equal((await browser.get(`${url}/admin`)).status, 403)
})
