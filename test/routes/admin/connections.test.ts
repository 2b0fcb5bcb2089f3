// The pages about connections: the list, one story, and word of changes while the owner looks.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Story } from '../../../plugins/observability/stories/contract.ts'
import { MAX_LIVE } from '../../../routes/admin/connections-live.ts'
import { Browser } from '../../helpers/browser.ts'
import {
  authorizeUrl,
  newClient,
  pkce,
  tokensFor
} from '../../helpers/oauth.ts'
import { ownerOf } from '../../helpers/owner.ts'
import type { TestServer } from '../../helpers/server.ts'
import { storageTest } from '../../helpers/storages.ts'
import { until } from '../../helpers/until.ts'

const connect = async (url: string, name: string) => {
  const client = await newClient(url, { client_name: name })
  const { access } = await tokensFor(url, client)
  await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${access}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream'
    },
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
  })
}

/** Reads the stream of changes; `text` grows until it has ended. */
async function follow (server: TestServer, browser: Browser) {
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const response = await fetch(`${server.url}/admin/connections/live`, {
    headers: { cookie },
    redirect: 'manual'
  })
  const followed = {
    status: response.status,
    type: response.headers.get('content-type'),
    text: '',
    hasEnded: false
  }
  const read = async () => {
    for await (const chunk of response.body!) followed.text += Buffer.from(chunk as Uint8Array).toString()
  }
  read().catch(() => {}).finally(() => {
    followed.hasEnded = true
  })
  return followed
}

storageTest('the list tells people of one address with one app apart, names them, and filters', async (t, start) => {
  const server = await start()
  const { url } = server
  const { browser } = await ownerOf(server)
  t.match((await browser.get(`${url}/admin/connections`)).text, /class="empty"/)
  await connect(url, 'Claude')
  await connect(url, 'Claude')
  const client = await newClient(url, { client_name: 'Cursor <b>' })
  for (let n = 0; n < 2; n++) {
    await new Browser().get(authorizeUrl(url, {
      client_id: client.client_id,
      code_challenge: pkce().challenge,
      redirect_uri: 'https://elsewhere.example/'
    }))
  }
  let list = ''
  await until(async () => {
    list = (await browser.get(`${url}/admin/connections`)).text
    return list.split('Connected</span>').length === 3
  })
  t.equal((list.match(/<bdi>Claude<\/bdi>/g) ?? []).length, 2)
  t.match(list, 'Tried 2 times')
  t.match(list, 'Cursor &lt;b&gt;', 'what an app calls itself stays text (CN-02)')
  t.notMatch((await browser.get(`${url}/admin/connections?show=failed`)).text, 'Claude')
  t.match((await browser.get(`${url}/admin/connections?show=failed&page=99`)).text, 'Cursor')
  t.match((await browser.get(`${url}/admin/connections?show=connected`)).text, 'Claude')
  const href = /href="(\/admin\/connection\?id=[^"]+)"/.exec((await browser.get(`${url}/admin/connections?show=failed`)).text)![1]!
  const story = await browser.get(url + href)
  t.match(story.text, /<code translate="no">redirect_uri<\/code>/)
  t.match(story.text, /<textarea[^>]*readonly[^>]*>Attempt: /)
  const [others] = /<section aria-labelledby="others">[^]*?<\/section>/.exec(story.text)!
  t.equal(others.split('<li>').length, 2, 'the other try of the same app, and of nobody else')
  t.match(others, /<bdi>Cursor/)
  t.equal((await browser.get(`${url}/admin/connection?id=made.up`)).status, 404)
})

storageTest('a story shows no code, token, secret or address of a mailbox (CN-01)', async (t, start) => {
  const server = await start()
  const { browser } = await ownerOf(server)
  await connect(server.url, 'Claude')
  const [story] = await server.app.stories.latest()
  const { text } = await browser.get(`${server.url}/admin/connection?id=${encodeURIComponent(story!.id)}`)
  t.notMatch(text, /mcp_(?:ac|at|rt|cs)_|@/)
  t.match(text, story!.id)
})

storageTest('a flood of a stranger hides nobody, and its programs are shown apart (CN-04)', async (t, start) => {
  const server = await start()
  const { url } = server
  const { browser } = await ownerOf(server)
  await connect(url, 'Claude')
  for (let n = 0; n < 40; n++) {
    await fetch(url, {
      method: 'POST',
      headers: { 'user-agent': `flood ${n}`, 'content-type': 'application/json' },
      body: '{}'
    })
  }
  const { text } = await browser.get(`${url}/admin/connections`)
  t.equal((text.match(/<th scope="row">/g) ?? []).length, 1)
  t.match(text, /<bdi>Claude<\/bdi>[^]*\d+ programs looked/)
  const probes = (await server.app.stories.latest()).filter(({ isProbe }) => isProbe)
  t.ok(probes.length <= 21, 'one address leaves a few')
})

storageTest('pages that are told of a change at once share one rebuild, which has the change', async (t, start) => {
  const { app, url } = await start()
  t.equal(await app.stories.latest(), await app.stories.latest())
  const read = Promise.withResolvers<Array<Awaited<ReturnType<typeof app.stories.latest>>>>()
  const stop = app.stories.listen(() => read.resolve(Promise.all([1, 2, 3].map(() => app.stories.latest()))))
  await newClient(url, { client_name: 'New' })
  const [one, ...others] = await read.promise
  stop()
  t.ok(one!.some(({ clientName }) => clientName === 'New'))
  t.ok(others.every((other) => other === one))
})

storageTest('the page hears of a change, and no longer once its reader is no owner or has signed out (CN-05)', async (t, start) => {
  const server = await start()
  const { url } = server
  t.equal((await follow(server, new Browser())).status, 303)
  const [first, second] = [await ownerOf(server), await ownerOf(server)]
  const [one, other] = [await follow(server, first.browser), await follow(server, second.browser)]
  t.match(one, { status: 200, type: /^text\/event-stream/ })
  await newClient(url)
  t.ok(await until(() => one.text.includes('data: changed') && other.text.includes('data: changed')))
  await server.app.userStore.records.update<void>(first.id, (user) => {
    const { isOwner: _, ...rest } = user!
    return { write: { record: rest, ttl: null }, result: undefined }
  })
  await server.app.signIn.lifecycle.signOutEverywhere(second.id)
  t.ok(await until(() => one.hasEnded && other.hasEnded))
  const heard = one.text
  await newClient(url)
  await sleep(1_000)
  t.equal(one.text, heard)
})

storageTest('a page whose reader’s record is damaged hears no more, and the others do (SG-40)', async (t, start) => {
  const server = await start()
  const [first, second] = [await ownerOf(server), await ownerOf(server)]
  const [one, other] = [await follow(server, first.browser), await follow(server, second.browser)]
  await server.app.userStore.records.update<void>(first.id, (user) => {
    const { isOwner: _, ...rest } = user!
    return { write: { record: { ...rest, email: 5 as never, emailVerified: true }, ttl: null }, result: undefined }
  })
  t.ok(await until(() => one.hasEnded))
  await newClient(server.url)
  t.ok(await until(() => other.text.includes('data: changed')))
})

storageTest('an owner has a few streams, and the oldest ends for one more (CN-05)', async (t, start) => {
  const server = await start()
  const { browser } = await ownerOf(server)
  const streams: Array<Awaited<ReturnType<typeof follow>>> = []
  for (let n = 0; n <= MAX_LIVE.ofOwner; n++) streams.push(await follow(server, browser))
  t.ok(await until(() => streams[0]!.hasEnded))
  t.notOk(streams.slice(1).some(({ hasEnded }) => hasEnded))
})

storageTest('all owners together have some streams, and the oldest of all ends for one more (CN-05)', async (t, start) => {
  const server = await start()
  const streams: Array<Awaited<ReturnType<typeof follow>>> = []
  while (streams.length <= MAX_LIVE.inAll) {
    const { browser } = await ownerOf(server)
    for (let n = 0; n < MAX_LIVE.ofOwner; n++) streams.push(await follow(server, browser))
  }
  const over = streams.length - MAX_LIVE.inAll
  const ended = () => streams.map(({ hasEnded }) => hasEnded)
  t.ok(await until(() => ended().filter(Boolean).length === over))
  t.same(ended(), streams.map((_, index) => index < over))
})

storageTest('each choice of the list shows the stories of its kind, and no other', async (t, start) => {
  const server = await start()
  const { url, app } = server
  const { browser } = await ownerOf(server)
  const words = { code: 'x', means: 'connections.means_waiting', todo: 'connections.todo_waiting' }
  const story = (id: string, kind: string, isProbe = false) =>
    ({ id, clientName: id, begun: new Date(0).toISOString(), events: [], state: { ...words, kind }, tries: [id], isProbe, before: [] })
  const kinds = ['connected', 'failed', 'waiting', 'stopped']
  const earlier = { ...story('Earlier', 'failed'), tries: ['Earlier', 'failed'] }
  const stories = [...kinds.map((kind) => story(kind, kind)), story('probe', 'failed', true), story('probe-waiting', 'waiting', true), earlier]
  app.stories.latest = async () => stories as unknown as Story[]
  for (const [show, shown] of [
    ['all', kinds],
    ['failed', ['failed']],
    ['open', ['waiting', 'stopped']],
    ['connected', ['connected']],
    ['probes', ['probe', 'probe-waiting']], ['unknown', kinds]
  ] as const) {
    const { text } = await browser.get(`${url}/admin/connections?show=${show}`)
    t.same(
      [...text.matchAll(/href="\/admin\/connection\?id=([^"]+)"/g)].map(([, id]) => id),
      shown,
      show
    )
  }
})
