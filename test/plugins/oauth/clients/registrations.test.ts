// How many registrations are stored, for how long, and which give way (threats CL-05, WB-05).
import { CALLBACK, newClient, post, register, signUp, walk } from '../../../helpers/oauth.ts'
import { UNUSED_BOUNDS } from '../../../../plugins/oauth/clients/unused-places.ts'
import { Browser } from '../../../helpers/browser.ts'
import { storageTest } from '../../../helpers/storages.ts'

storageTest('a client that nobody uses is forgotten, one that holds a grant is not (WB-05, R10)', async (t, start) => {
  const DAY = 86_400
  let now = 1_800_000_000
  const server = await start({ now: () => now, env: { REFRESH_TOKEN_TTL: String(60 * DAY) } })
  const { url } = server
  const kept = async () =>
    (await Array.fromAsync(server.app.storage.collection<{ keptUntil: number }>('client').all())).map(({ record }) =>
      Math.round((record.keptUntil - now) / DAY)
    )
  const client = await newClient(url)
  t.same(await kept(), [1], 'until somebody uses it')
  const never = await newClient(url, { client_name: 'Never used' })
  const browser = new Browser()
  // A demo account would end after a day.
  await signUp(browser, await browser.get(`${url}/login`), { email: 'ann@example.com' })
  const { form } = await walk(url, client, {}, browser)
  let { body } = await post(`${url}/token`, form)
  t.same((await kept()).sort(), [1, 150])
  await server.app.storage.collection('client').delete(never.client_id.split('.')[0]!)
  for (let month = 0; month < 6; month++) {
    now += 50 * DAY
    body = (
      await post(`${url}/token`, {
        ...client,
        grant_type: 'refresh_token',
        refresh_token: body['refresh_token'] as string
      })
    ).body
    t.type(body['access_token'], 'string', `after ${(month + 1) * 50} days`)
    t.same(await kept(), [150])
  }
})

storageTest(
  'unused registrations are bounded by address and in all, the oldest give way, and one that is used never does (CL-05)',
  async (t, start) => {
    let now = 1_800_000_000
    const server = await start({ now: () => now, env: { TRUST_PROXY: '127.0.0.1' } })
    const { url, app } = server
    const from = (address: string, name: string) =>
      fetch(`${url}/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
        body: JSON.stringify({ redirect_uris: [CALLBACK], client_name: name })
      }).then(async (response) => (await response.json()) as { client_id: string })
    const knows = async (id: string) => (await app.clients.recall(id)) !== undefined
    const used = await from('203.0.113.5', 'Used')
    const { form } = await walk(url, used)
    t.equal((await post(`${url}/token`, { ...form, client_id: used.client_id })).status, 200)
    // Two who say the same share one record: what is pushed out at one address stays at the other.
    const shared = await from('198.51.100.7', 'Shared')
    const first = await from('203.0.113.5', 'First')
    await from('203.0.113.5', 'Shared')
    const others: string[] = []
    for (let index = 0; index < UNUSED_BOUNDS.perList; index++) {
      now += 1
      others.push((await from('203.0.113.5', `App ${index}`)).client_id)
    }
    t.same(
      [await knows(used.client_id), await knows(first.client_id), await knows(others.at(-1)!)],
      [true, false, true]
    )
    const lists = await Array.fromAsync(app.storage.collection<{ made: unknown[] }>('unusedClients').all())
    t.ok(await knows(shared.client_id), 'what another address registered')
    for (const { record } of lists) t.ok(record.made.length <= UNUSED_BOUNDS.perList)
    const records = await Array.fromAsync(app.storage.collection('client').all())
    t.ok(records.length <= UNUSED_BOUNDS.perList * lists.length + 1)
  }
)

storageTest('an app that is registered for codes only stays known as well, once somebody uses it (CL-05, R10)', async (t, start) => {
  let now = 1_800_000_000
  const { url, app } = await start({ now: () => now })
  const client = await newClient(url, { grant_types: ['authorization_code'] })
  const { form } = await walk(url, client)
  const { body } = await post(`${url}/token`, form)
  t.equal(body['refresh_token'], undefined)
  now += 2 * 86_400
  t.ok(await app.clients.recall(client.client_id))
})

storageTest('no registration is larger than 4 KB (CL-05)', async (t, start) => {
  const server = await start()
  const { url } = server
  const uris = Array.from({ length: 3 }, (_, index) => `https://app.example/${index}/${'x'.repeat(1_900)}`)
  t.match(await register(url, { redirect_uris: uris }), {
    status: 400,
    body: { error: 'invalid_client_metadata', error_description: /4096 bytes/ }
  })
  for (const kind of ['client', 'unusedClients']) {
    const stored = server.app.storage.collection(kind).all()
    t.same(await Array.fromAsync(stored), [], 'nothing was kept')
  }
  t.equal((await register(url, { redirect_uris: uris.slice(0, 2) })).status, 201)
})
