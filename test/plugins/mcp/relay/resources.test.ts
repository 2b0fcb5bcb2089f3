// Resources of an upstream that a session follows: what the upstream says of those that it refuses. Who asks it for its list.
import { ProtocolError } from '@modelcontextprotocol/server'
import t from 'tap'
import { ALL_RIGHTS } from '../../../../plugins/access-rules/contract.ts'
import { createResources } from '../../../../plugins/mcp/handlers/resources.ts'
import { createOwners } from '../../../../plugins/mcp/relay/owners.ts'
import { createRelay } from '../../../../plugins/mcp/relay/relay.ts'
import { withRelayedResources } from '../../../../plugins/mcp/relay/resources.ts'
import { UpstreamError } from '../../../../plugins/upstreams/contract.ts'
import { fakeUpstreams } from '../../../helpers/fake-upstreams.ts'
import { start } from '../../../helpers/mcp-endpoint.ts'
import { openStream } from '../../../helpers/mcp.ts'
import { until } from '../../../helpers/until.ts'

const uri = 'crm://one'
const version = '2025-11-25'

t.test('what an upstream refuses to have followed is said in one line, however long its words are (BW-28)', async (t) => {
  const upstreams = fakeUpstreams({ name: 'crm', uris: [uri] })
  const words = '[{'.repeat(100_000)
  const data = { a: 'x'.repeat(10_000) }
  upstreams.find('crm')!.subscribe = async () => {
    throw new ProtocolError(-32603, words, data)
  }
  const { legacy } = await start(t, { upstreams })
  const { headers } = await legacy('initialize', {
    protocolVersion: version,
    capabilities: { elicitation: {} },
    clientInfo: { name: 'client', version: '1' }
  })
  const session = {
    'mcp-session-id': headers.get('mcp-session-id')!,
    'mcp-protocol-version': version
  }
  const params = { uri }
  const { json, text } =
    await legacy('resources/subscribe', params, session)
  const { error } = json
  t.equal(error.code, -32603)
  t.match(error.message, /^\[\{/)
  t.ok(text.length < 1_000)
})

t.test('an upstream of which a caller may have nothing is not asked for its resources for them (UH-36)', async (t) => {
  const offers = ['crm', 'files', 'wiki'].map((name) => ({ name, uris: [`${name}://one`] }))
  const upstreams = fakeUpstreams(...offers)
  const rules = {
    groups: {},
    rules: [
      { who: ['everyone'], upstreams: ['crm'] },
      { who: ['bob@example.com'], resources: ['files://**'], upstreams: ['!wiki'] }
    ]
  }
  const { legacy } = await start(t, { upstreams, rules })
  const askedBy = async (name: string) => {
    const before = upstreams.sent.length
    const { json } = await legacy('resources/list', {}, { authorization: `Bearer ${name}` })
    t.same(json.result.resources, [])
    return upstreams.sent.slice(before).map(({ upstream }) => upstream)
  }
  t.same(await askedBy('alice'), ['crm'])
  t.same(await askedBy('bob'), ['crm', 'files'])
})

t.test('a session that comes back to an instance that was started again has what it follows told again (UH-49)', async (t) => {
  const offers = ['one', 'two', 'three'].map((name) => ({ name: `crm-${name}`, uris: [`crm-${name}://x`] }))
  const upstreams = fakeUpstreams(...offers)
  const { legacy, url } = await start(t, { upstreams })
  const { headers } = await legacy('initialize', {
    protocolVersion: version,
    capabilities: { elicitation: {} },
    clientInfo: { name: 'client', version: '1' }
  })
  const session = { 'mcp-session-id': headers.get('mcp-session-id')!, 'mcp-protocol-version': version }
  for (const { uris } of offers) {
    await legacy('resources/subscribe', { uri: uris[0] }, session)
  }
  t.equal(upstreams.subscribed.length, 3)
  upstreams.find('crm-two')!.subscribe = async () => { throw new UpstreamError('crm-two', 'unreachable', 'it is away') }
  const stream = await openStream(`${url}/mcp`, { headers: { ...session, authorization: 'Bearer alice' } })
  t.equal(stream.status, 200)
  t.ok(await until(() => upstreams.subscribed.length === 5))
  t.match(upstreams.subscribed.slice(3), ['one', 'three'].map((name) => ({ uri: `crm-${name}://x`, caller: { id: 'alice' } })))
  stream.leave()
})

t.test('who waits for their turn to follow is asked about once more: their connection may have ended meanwhile (UH-57)', async (t) => {
  const upstreams = fakeUpstreams({ name: 'crm', uris: [uri] })
  const answers: unknown[] = []
  upstreams.find('crm')!.subscribe = async (_uri, _caller, _site, mayBegin) => { answers.push(await mayBegin!()) }
  const relay = createRelay(upstreams, { local: false, log: { warn () {} } })
  const follow = (access: object | null, stillAllows: () => boolean, signIn = true) =>
    withRelayedResources(createResources([], signIn), relay, createOwners(upstreams), signIn)
      .follow(uri, { request: { access, rights: ALL_RIGHTS }, services: { groupsOf: () => [], stillAllows } } as never)
  const access = { clientId: 'app', user: { id: 'ann' }, scopes: ['mcp:read'] }
  await follow(access, () => true)
  await follow(access, () => false)
  await follow(null, () => false, false)
  t.same(answers, [true, false, true])
})

t.test('nor is it asked for a token that may not read (UH-49)', async (t) => {
  const upstreams = fakeUpstreams({ name: 'crm', uris: [uri] })
  const relay = createRelay(upstreams, { local: false, log: { warn () {} } })
  const { follow } = withRelayedResources(createResources([], true), relay, createOwners(upstreams), true)
  const as = (scopes: string[]) => {
    const access = { clientId: 'app', user: { id: 'ann' }, scopes }
    return { request: { access, rights: ALL_RIGHTS }, services: { groupsOf: () => [] } } as never
  }
  await t.rejects(follow(uri, as(['mcp:write'])))
  t.equal(upstreams.subscribed.length, 0)
  await follow(uri, as(['mcp:read']))
  t.equal(upstreams.subscribed.length, 1)
})

t.test('whether arguments of a template may be completed is found out as they are (AC-47)', async (t) => {
  const upstreams = fakeUpstreams({ name: 'crm', templates: [{ name: 'one', uriTemplate: 'crm://{id}' }] })
  const relay = createRelay(upstreams, { local: false, log: { warn () {} } })
  const { completes } = withRelayedResources(createResources([], true), relay, createOwners(upstreams), true)
  t.ok(completes('crm://{id}', ALL_RIGHTS))
  t.notOk(completes('crm://1', ALL_RIGHTS))
  t.notOk(completes('crm://{id}', { ...ALL_RIGHTS, mayOf: () => false }))
})
