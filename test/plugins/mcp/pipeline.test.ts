// The steps of a request to the endpoint: what was allowed when the head arrived and is not when the body does runs
// nothing, and leaves nothing behind.
import { connect } from 'node:net'
import t from 'tap'
import { z } from 'zod'
import { defineTool } from '../../../authoring/tool.ts'
import {
  about,
  annotations,
  beginSession,
  INITIALIZE,
  person,
  stored,
  type Person
} from '../../helpers/mcp-held.ts'
import { post } from '../../helpers/oauth.ts'
import { startServer, type TestServer } from '../../helpers/server.ts'
import { until } from '../../helpers/until.ts'

/** Sends the head and some bytes of the body. @returns what sends the rest, and the answer. */
async function holdBody (url: string, access: string, message: object) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, ...message })
  const { port, host } = new URL(url)
  const socket = connect(Number(port), '127.0.0.1')
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk
  })
  const head = [
    'POST / HTTP/1.1', `Host: ${host}`, `Authorization: Bearer ${access}`, 'Content-Type: application/json',
    'Accept: application/json, text/event-stream', `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close'
  ]
  socket.write([...head, '', body.slice(0, 5)].join('\r\n'))
  return () =>
    new Promise<string>((resolve) => {
      socket.once('close', () => resolve(answer))
      socket.write(body.slice(5))
    })
}

const MESSAGES: Record<string, object> = {
  'a call that writes a note': { method: 'tools/call', params: { name: 'write', arguments: { text: 'too late' } } },
  'the start of a session': { method: 'initialize', params: INITIALIZE },
  'a list': { method: 'tools/list' }
}

const ENDS: Record<string, (server: TestServer, ann: Person, id: string) => Promise<unknown>> = {
  'the app revokes its token': ({ url }, { client, refresh }) => post(`${url}/revoke`, { ...client, token: refresh }),
  'the person is locked': ({ app }, _ann, id) => app.signIn.lifecycle.lock(id),
  'the account is deleted': ({ app }, _ann, id) => app.signIn.lifecycle.delete(id)
}

/** How often a token was checked: the head of a request has been admitted then. */
function countChecks ({ app }: TestServer) {
  const { verifyAccessToken } = app.grants
  const counter = { checks: 0 }
  app.grants.verifyAccessToken = (token) => {
    counter.checks++
    return verifyAccessToken(token)
  }
  return counter
}

t.test('a request whose body arrives after the end of its access runs nothing and stores nothing (MW-02)', async (t) => {
  let now = Date.now() / 1000
  const server = await startServer(t, { now: () => now })
  const { app, url } = server
  const counter = countChecks(server)
  const refuse = async (what: string, end: (ann: Person, id: string) => Promise<unknown>) => {
    const ann = await person(url)
    const { user, grantId } = (await app.grants.verifyAccessToken(ann.access))!
    counter.checks = 0
    const held = await Promise.all(Object.values(MESSAGES).map((message) => holdBody(url, ann.access, message)))
    while (counter.checks < held.length) await new Promise(setImmediate)
    await end(ann, user.id)
    for (const [index, finish] of held.entries()) {
      const answer = await finish()
      const name = `${Object.keys(MESSAGES)[index]}, ${what}`
      t.match(answer, /^HTTP\/1\.1 401 /, name)
      t.match(answer, /www-authenticate: Bearer resource_metadata="[^"]+", .*error="invalid_token"/i, name)
      t.match(answer, '{"error":"invalid_token","error_description":', name)
    }
    t.same(await Array.fromAsync(app.notes.exportOf(user.id)), [], `no note, ${what}`)
    t.same(await stored(app, 'mcpSession'), [], `no session, ${what}`)
    t.same(await stored(app, 'mcpSessionList'), [], `no list of sessions, ${what}`)
    t.match(await app.usage.ofGrant(grantId), { calls: 0, firstUsedAt: undefined }, `no use, ${what}`)
  }
  for (const [what, end] of Object.entries(ENDS)) await refuse(what, (ann, id) => end(server, ann, id))
  await refuse('the token expires', async () => {
    now += 24 * 3_600
  })
})

t.test('a call that still runs when its person is deleted writes no note, and none of it is recorded (MW-03)', async (t) => {
  const started = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const late = defineTool({
    ...about,
    scopes: ['mcp:write'],
    name: 'late',
    input: z.object({}),
    annotations: { ...annotations, readOnlyHint: false },
    run: async (_args, { notes }) => {
      const { id, version } = await notes.create({ text: 'in time' })
      started.resolve()
      await gate.promise
      const writes = [
        () => notes.create({ text: 'too late' }),
        () => notes.append(id, 'too late'),
        () => notes.update(id, version, { text: 'too late' }),
        () => notes.delete(id, version)
      ]
      for (const write of writes) {
        await t.rejects(write() as Promise<void>, { message: /connection of this app has ended/ })
      }
      await notes.create({ text: 'too late' })
    }
  })
  const server = await startServer(t, { tools: [late as never] })
  const { app, url } = server
  const ann = await person(url)
  const { user, grantId } = (await app.grants.verifyAccessToken(ann.access))!
  const answer = ann.mcp.legacy('tools/call', { name: 'late', arguments: {} })
  await started.promise
  await app.signIn.lifecycle.delete(user.id)
  gate.resolve()
  t.match((await answer).json.result, { isError: true, content: [{ text: /nothing was written/ }] })
  t.same(await Array.fromAsync(app.notes.exportOf(user.id)), [])
  t.match(await app.usage.ofGrant(grantId), { calls: 0 })
  t.same((await app.audit.ofUser(user.id, 10)), [])
})

t.test('the sessions of a person go with the account, and those of others stay (MW-04)', async (t) => {
  const { app, url } = await startServer(t)
  const [ann, bob] = [await person(url), await person(url)]
  for (const one of [ann, ann, bob]) await beginSession(one)
  t.equal((await stored(app, 'mcpSession')).length, 3)
  const { user } = (await app.grants.verifyAccessToken(ann.access))!
  await app.signIn.lifecycle.delete(user.id)
  t.equal((await stored(app, 'mcpSession')).length, 1)
  t.notMatch(JSON.stringify([await stored(app, 'mcpSession'), await stored(app, 'mcpSessionList')]), user.id)
})

t.test('what has changed for a person is no longer stored with their id once they are gone (AC-38)', async (t) => {
  const { app, url } = await startServer(t)
  const ann = await person(url)
  const { user } = (await app.grants.verifyAccessToken(ann.access))!
  await app.notes.of(user).create({ text: 'A note' })
  const changes = async () => JSON.stringify(await stored(app, 'mcpChanges'))
  await until(async () => (await changes()).includes(user.id))
  await app.signIn.lifecycle.delete(user.id)
  t.notMatch(await changes(), user.id)
})
