// A question of an existing server that waits for a person ends with what allowed the call, although nobody has a request open
// meanwhile.
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { person, type Person } from '../helpers/mcp-held.ts'
import { post } from '../helpers/oauth.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { folder } from '../helpers/tool-context.ts'
import { mcpJson } from '../helpers/upstream-file.ts'
import { until } from '../helpers/until.ts'

const question = { message: 'Name?', requestedSchema: { type: 'object', properties: { name: { type: 'string' } } } }

/** Each call asks, and waits. @returns its address, and how many calls were given up. */
async function startAsking (t: Test) {
  const asking = { url: '', gone: 0 }
  const server = createServer(async (request, response): Promise<unknown> => {
    let text = ''
    for await (const piece of request) text += String(piece)
    const { id, method } = (text === '' ? {} : JSON.parse(text)) as { id?: number; method?: string }
    if (id === undefined) return response.writeHead(method === undefined ? 405 : 202).end()
    const say = (result: object) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result }))
    if (method === 'initialize') {
      return say({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'crm', version: '1' } })
    }
    if (method === 'tools/list') {
      return say({ tools: [{ name: 'ask', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } }] })
    }
    if (method !== 'tools/call') return response.writeHead(400).end()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id: 'q', method: 'elicitation/create', params: question })}\n\n`)
    return response.once('close', () => asking.gone++)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  asking.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
  return asking
}

const ends: Record<string, (server: TestServer, ann: Person, access: string) => Promise<unknown>> = {
  'the person is locked': async ({ app }, { access }) =>
    app.signIn.lifecycle.lock((await app.grants.verifyAccessToken(access))!.user.id),
  'the app revokes its token': ({ url }, { client, refresh }) => post(`${url}/revoke`, { ...client, token: refresh }),
  'the rules take the tool away': (_server, _ann, path) => writeFile(path, JSON.stringify({ rules: [] }))
}

for (const [what, end] of Object.entries(ends)) {
  t.test(`a question that waits for a person ends at the existing server when ${what} (UH-58)`, async (t) => {
    const crm = await startAsking(t)
    const path = join(await folder(t), 'access.json')
    await writeFile(path, JSON.stringify({ rules: [{ who: ['everyone'], tools: ['crm_ask'] }] }))
    const server = await startServer(t, { env: { UPSTREAMS: await mcpJson(t, { crm: { url: crm.url } }), ACCESS: path }, offer: {} })
    t.ok(await until(() => server.app.upstreams.tools.length > 0))
    const ann = await person(server.url)
    const asked = await ann.mcp.modern('tools/call', { name: 'crm_ask', arguments: {} }, {}, { elicitation: {} })
    t.match(asked.json, { result: { resultType: 'input_required' } })
    await delay(1_500)
    t.equal(crm.gone, 0, 'it waits')
    await end(server, ann, path)
    t.ok(await until(() => crm.gone === 1))
  })
}
