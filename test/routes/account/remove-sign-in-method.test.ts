// A sign-in method is removed with everything that came through it (threat AC-02).
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { keyOf } from '../../../plugins/accounts/identities.ts'
import { Browser } from '../../helpers/browser.ts'
import { storageTest } from '../../helpers/storages.ts'
import { PASSWORD } from '../../helpers/with-mail.ts'
import { place, yes } from '../../helpers/sign-in-methods.ts'

storageTest(
  'where the password of this server is removed as a way in, nothing of its account is left (AC-02)',
  async (t, start) => {
    const { url, app, address, person, userOf, begin, enter, throughSecond, signIn } = await place(t, start)
    const [ann, name] = [address(), randomUUID()]
    const browser = await person(ann)
    const {
      id,
      identities: [local]
    } = await userOf(ann)
    await yes(browser, await enter(browser, await begin(browser), name))
    const other = new Browser()
    await throughSecond(name, other)
    await yes(other, await other.get(`${url}/account/sign-in/remove?way=${keyOf(local!)}`))
    t.match((await app.signIn.lifecycle.find(id))!.identities, [{ subject: name }])
    t.same(await Array.fromAsync(app.storage.collection('account').all()), [])
    t.equal((await signIn(ann, PASSWORD)).status, 401)
  }
)

storageTest(
  'a way whose removal was cut short leads to nobody, and what it said of the person goes with it',
  async (t, start) => {
    const { url, app, address, person, userOf, begin, enter, throughSecond } = await place(t, start)
    const [ann, mallory] = [address(), address()]
    const browser = await person(ann)
    const { id } = await userOf(ann)
    await yes(browser, await enter(browser, await begin(browser), mallory))
    await throughSecond(mallory)
    t.equal((await app.signIn.lifecycle.find(id))!.email, mallory, 'the last sign-in said so')
    const pointers = app.storage.collection<{ userId: string }>('identity')
    const kept = await Array.fromAsync(pointers.all())
    t.match(await app.signIn.lifecycle.removeSignInMethods(id, ({ email }) => email === mallory), [
      { subject: mallory }
    ])
    t.match(await app.signIn.lifecycle.find(id), {
      email: ann,
      emailVerified: true,
      identities: [{ backend: 'local' }]
    })
    for (const { id: key, record } of kept) await pointers.put(key, record, null)
    const again = new Browser()
    await throughSecond(mallory, again)
    t.notMatch((await again.get(`${url}/account`)).text, ann)
    t.equal((await app.signIn.lifecycle.find(id))!.identities.length, 1)
  }
)

storageTest(
  'whoever is signed out while they wait to remove a method removes nothing (AC-02, AC-16)',
  async (t, start) => {
    const { url, app, address, person, userOf, begin, enter, isIn } = await place(t, start)
    const ann = address()
    const thief = await person(ann)
    const { id, identities: [local] } = await userOf(ann)
    await yes(thief, await enter(thief, await begin(thief), randomUUID()))
    const page = await thief.get(`${url}/account/sign-in/remove?way=${keyOf(local!)}`)
    const turns = app.storage.collection<object>('methodRemoval')
    await turns.put(id, {}, 30)
    const removal = yes(thief, page)
    await sleep(50)
    await app.signIn.lifecycle.signOutEverywhere(id)
    await turns.delete(id)
    t.equal((await removal).status, 403)
    t.equal((await app.signIn.lifecycle.find(id))!.identities.length, 2)
    t.notOk(await isIn(thief))
  }
)

storageTest('the last way in stays: one by a service that this server has no more is none (AC-02)', async (t, start) => {
  const { url, app, address, person, userOf, begin, enter } = await place(t, start)
  const ann = address()
  const browser = await person(ann)
  const user = await userOf(ann)
  const [local] = user.identities
  const way = `${url}/account/sign-in/remove?way=${keyOf(local!)}`
  const former = { backend: 'gone', subject: 'ann' }
  for (const identities of [[local!],
    [local!, former],
    [former, local!]]) {
    await app.userStore.records.put(user.id, { ...user, identities }, null)
    t.match(
      await browser.get(way),
      { status: 400, text: /only/ },
      JSON.stringify(identities.map(({ backend }) => backend))
    )
    const { token } = (await browser.get(`${url}/account`)).forms.find(({ fields }) => 'token' in fields)!.fields
    t.equal(
      (await browser.post(`${url}/account/sign-in/remove`, { token: token!, way: keyOf(local!) })).status,
      400
    )
    t.same(
      (await app.signIn.lifecycle.find(user.id))!.identities,
      identities
    )
  }
  await app.userStore.records.put(user.id, user, null)
  await yes(browser, await enter(browser, await begin(browser), randomUUID()))
  t.equal(
    (await browser.get(way)).status,
    200,
    'with another that works it may go'
  )
})
