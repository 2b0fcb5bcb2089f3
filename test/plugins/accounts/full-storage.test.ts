// On a Redis that is full, people are locked, signed out and deleted all the same, and nothing else is written (threat SG-20).
import t from 'tap'
import { newClient, post, walk } from '../../helpers/oauth.ts'
import { signedUp } from '../../helpers/owners.ts'
import { canHaveRedis, fillRedis, noRedis, startRedis } from '../../helpers/redis.ts'
import { startServer } from '../../helpers/server.ts'

const redis = await startRedis()
t.teardown(() => redis?.stop())

t.test('what ends something is done on a Redis that is full (SG-20)', { skip: canHaveRedis() ? false : noRedis }, async (t) => {
  const { client, url: REDIS_URL } = redis!
  const env = {
    AUTH_BACKEND: 'local',
    SIGNUP: 'open',
    REDIS_URL,
    SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A'
  }
  const server = await startServer(t, { env })
  const { app, url } = server
  const { lifecycle } = app.signIn
  const [ann, bob, cid] = [
    await signedUp(server, 'ann@example.com'),
    await signedUp(server, 'bob@example.com'),
    await signedUp(server, 'cid@example.com')
  ]
  const assistant = await newClient(url)
  const { form } = await walk(url, assistant, {}, ann.browser)
  const { body } = await post(`${url}/token`, form)
  t.match((await cid.browser.get(`${url}/account`)).text, 'cid@example.com')
  const page = await bob.browser.get(`${url}/account/delete`)

  const keys = async () => {
    const all = await client.keys('*')
    return all.filter((key) => [ann.id, bob.id].some((id) => key.includes(id)))
  }
  t.not((await keys()).length, 0)
  await fillRedis(t, redis!)
  await t.rejects(lifecycle.setOwner(cid.id, true), { name: 'StorageUnavailable' })

  t.ok(await lifecycle.signOutEverywhere(cid.id))
  t.notMatch(
    (await cid.browser.get(`${url}/account`)).text,
    'cid@example.com'
  )
  t.ok(await lifecycle.lock(ann.id))
  const tokens = { ...assistant, grant_type: 'refresh_token', refresh_token: body['refresh_token'] as string }
  t.equal((await post(`${url}/token`, tokens)).status, 400)
  t.ok(await lifecycle.delete(ann.id))
  t.equal((await bob.browser.submit(page, () => true, { confirm: 'delete' })).status, 200)
  t.same([await lifecycle.find(ann.id), await lifecycle.find(bob.id)], [undefined, undefined])
  t.same(await keys(), [], 'nothing of them is left')
})
