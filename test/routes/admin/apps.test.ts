// The pages of apps and of access keys: who has which, ended for one or for all.
import { keyFor } from '../../helpers/access-keys.ts'
import {
  newClient,
  ping,
  post,
  tokensFor,
  walk
} from '../../helpers/oauth.ts'
import { act, signedUpOwner } from '../../helpers/owners.ts'
import { storageTest } from '../../helpers/storages.ts'

storageTest('an app is listed once, ended for one person, and for everyone after a question (AD-02)', async (t, start) => {
  const clock = { now: 1_800_000_000 }
  const server = await start({ now: () => clock.now, env: { AUTH_BACKEND: 'demo,local' } })
  const { url, app } = server
  const { browser, id } = await signedUpOwner(server)
  const client = await newClient(url)
  const other = await tokensFor(url, await newClient(url))
  const people = [await tokensFor(url, client), await tokensFor(url, client), await tokensFor(url, client)]
  const working = async () => (await Promise.all(people.map(({ access }) => ping(url, access)))).filter((status) => status === 200).length
  const clientId = (client as { client_id: string }).client_id
  const path = `${url}/admin/apps?app=${encodeURIComponent(clientId)}`

  const list = await browser.get(`${url}/admin/apps`)
  t.equal(list.text.split(`app=${encodeURIComponent(clientId)}`).length, 2, 'once')
  await act(browser, await browser.get(path), 'end-app')
  t.equal(await working(), 2)
  const question = await browser.get(`${path}&ask=end-all`)
  clock.now += 301
  t.match((await act(browser, question, 'end-all')).url, /\/login/)
  t.equal(await working(), 2, 'nothing without fresh proof')
  clock.now -= 301
  t.match((await act(browser, question, 'end-all')).text, /disconnected for everyone/)
  t.equal(await working(), 0)
  t.equal(await ping(url, other.access), 200, 'no other app')

  const key = await keyFor({ app }, id)
  t.match((await browser.get(`${url}/admin/keys`)).text, `mcp_key_${key.id}`)
  await act(browser, await browser.get(`${url}/admin/keys`), 'revoke-key')
  t.equal(await ping(url, key.secret), 401)
})

storageTest('an app that is ended for everyone is not connected by a code that it has kept back (AD-07)', async (t, start) => {
  const server = await start({ env: { AUTH_BACKEND: 'demo,local' } })
  const { url, app } = server
  const client = await newClient(url)
  const connected = await tokensFor(url, client)
  const { form } = await walk(url, client)
  await app.administration.endApp({ by: 'operator' }, client.client_id)
  t.equal(await ping(url, connected.access), 401)
  t.match(await post(`${url}/token`, form), { status: 400, body: { error: 'invalid_grant' } })
  t.same(await Array.fromAsync(app.grants.all()), [])
})

storageTest('of an app that nobody has, or an act that is none, nothing is ended', async (t, start) => {
  const server = await start({ env: { AUTH_BACKEND: 'demo,local' } })
  const { url, app } = server
  const { browser } = await signedUpOwner(server)
  const client = await newClient(url)
  const { access } = await tokensFor(url, client)
  const path = `${url}/admin/apps?app=`
  const refused = { status: 400, text: /invalid_request/ }
  for (const more of ['', '&ask=end-all']) {
    const page = await browser.get(`${path}made-up${more}`)
    t.match(page, refused, more)
    t.match(page.text, 'not connected any more')
  }
  const question = await browser.get(`${path}${client.client_id}&ask=end-all`)
  for (const name of ['end', '__proto__']) {
    t.match(await act(browser, question, 'end-all', { act: name }), refused, name)
  }
  t.equal(await ping(url, access), 200)
  await app.userStore.records.delete((await Array.fromAsync(app.grants.all()))[0]!.user.id)
  const { user } = (await Array.fromAsync(app.grants.all()))[0]!
  t.match((await browser.get(path + client.client_id)).text, user.id, 'who is gone is named by id')
})

storageTest('apps and keys are listed with what was used last first', async (t, start) => {
  const clock = { now: 1_800_000_000 }
  const server = await start({ now: () => clock.now, env: { AUTH_BACKEND: 'demo,local' } })
  const { url, app } = server
  const { browser, id } = await signedUpOwner(server)
  const names = ['First', 'Second', 'Third']
  const keys: string[] = []
  for (const name of names) {
    await tokensFor(url, await newClient(url, { client_name: name }))
    keys.push((await keyFor({ app }, id)).id)
    clock.now += 60
  }
  const shown = async (path: string, known: string[]) => {
    const { text } = await browser.get(url + path)
    return known.toSorted((a, b) => text.indexOf(a) - text.indexOf(b))
  }
  t.same(await shown('/admin/apps', names), names.toReversed())
  t.same(await shown('/admin/keys', keys), keys.toReversed())
})
