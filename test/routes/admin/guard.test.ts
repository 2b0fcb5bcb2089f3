// Nobody but an owner enters the administration: a stranger is sent to the sign-in, anybody else is refused.
import { Browser } from '../../helpers/browser.ts'
import { demoPerson } from '../../helpers/access-keys.ts'
import { appOf } from '../../helpers/second-factors.ts'
import { act, signedUp, signedUpOwner } from '../../helpers/owners.ts'
import { storageTest } from '../../helpers/storages.ts'
import type { BrowserSession } from '../../../plugins/sign-in/contract.ts'

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

storageTest('an owner with a second factor shows it to enter, each hour, and within five minutes for what is dangerous (AD-02)', async (t, start) => {
  const clock = { now: 1_800_000_000 }
  const server = await start({ now: () => clock.now, env: { AUTH_BACKEND: 'local' } })
  const { url, app } = server
  const { browser, id } = await signedUpOwner(server)
  const ann = await signedUp(server, 'ann@example.com')
  const question = `${url}/admin/person?person=${ann.id}&ask=lock`
  const answered = async (path: string) => (await browser.get(path)).url.startsWith(path)
  const lock = await browser.get(question)
  const { list } = app.secondFactors
  const { hasAny } = app.secondFactors
  app.secondFactors.hasAny = async (userId) => userId === id || hasAny(userId)
  app.secondFactors.list = async (userId) => (userId === id ? [{ id: 'f', kind: 'app', name: 'Phone', addedAt: clock.now }] : list(userId))
  t.match((await browser.get(`${url}/admin`)).url, '/login/factor?interaction=')
  t.match((await act(browser, lock, 'lock')).url, '/login/factor?interaction=')

  const sessions = app.storage.collection<BrowserSession>('browserSession')
  for await (const { id: key, record } of sessions.all()) await sessions.put(key, { ...record, factorAt: clock.now }, 28_800)
  t.same([await answered(`${url}/admin`), await answered(question)], [true, true])
  clock.now += 301
  t.same([await answered(`${url}/admin`), await answered(question)], [true, false])
  clock.now += 3_300
  t.equal(await answered(`${url}/admin`), false)
  t.match((await act(browser, lock, 'lock')).url, '/login/factor?interaction=')
  t.equal((await app.signIn.lifecycle.find(ann.id))!.locked, undefined, 'nothing was done')
})

storageTest('an owner without a second factor is shown where to set one up, unless the operator has none (AD-02)', async (t, start) => {
  for (const mfa of ['optional', 'off']) {
    const server = await start({ env: { AUTH_BACKEND: 'local', MFA: mfa } })
    const { browser, id } = await signedUpOwner(server)
    const isShown = async () => (await browser.get(`${server.url}/admin/people`)).text.includes('href="/account/second-factors"')
    t.equal(await isShown(), mfa === 'optional', mfa)
    if (mfa === 'off') continue
    await appOf(server.app.secondFactors, (await server.app.signIn.lifecycle.find(id))!, server.app.now())
    const sessions = server.app.storage.collection<BrowserSession>('browserSession')
    for await (const { id: key, record } of sessions.all()) await sessions.put(key, { ...record, factorAt: server.app.now() }, 28_800)
    t.equal(await isShown(), false, 'with one')
  }
})
