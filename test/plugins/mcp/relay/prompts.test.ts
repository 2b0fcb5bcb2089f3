// Prompts, resources, templates and completions of upstreams
// through our endpoint, for those who may use them.
import { ProtocolError } from '@modelcontextprotocol/server'
import t from 'tap'
import { ALL_RIGHTS } from '../../../../plugins/access-rules/contract.ts'
import { withRelayedPrompts } from '../../../../plugins/mcp/relay/prompts.ts'
import { createRelay } from '../../../../plugins/mcp/relay/relay.ts'
import { UpstreamError, type Answered } from '../../../../plugins/upstreams/contract.ts'
import type { UpstreamRequest } from '../../../../plugins/upstreams/contract.ts'
import { fakeUpstreams, result, type FakeOffer } from '../../../helpers/fake-upstreams.ts'
import { start } from '../../../helpers/mcp-endpoint.ts'

const messages = [{ role: 'user', content: { type: 'text', text: 'Hi' } }]

function answer ({ method, params }: UpstreamRequest): Answered {
  switch (method) {
    case 'prompts/get':
      if (params['name'] === 'down') {
        throw new UpstreamError('crm', 'unreachable', 'HIDDEN')
      }
      return result({ messages, description: 'D', other: 'HIDDEN' })
    case 'completion/complete': {
      const values = Array.from({ length: 150 }, (_, n) => `${n}`)
      return result({ completion: { values, total: 150 } })
    }
    case 'resources/list':
      return params['cursor'] === 'two'
        ? result({ resources: [{ uri: 'crm://two', name: 'two' }] })
        : result({
          resources: [
            { uri: 'crm://one', name: 'one', _meta: { a: 1 } },
            { uri: 5 },
            { uri: 'crm://secret', name: 'secret' }
          ],
          nextCursor: 'two'
        })
    default:
      if (params['uri'] === 'crm://gone') {
        throw new ProtocolError(-32002, 'Gone', { uri: 'crm://gone' })
      }
      return result({
        contents: [{ uri: params['uri'], text: 'x', mimeType: 'text/plain' }],
        ttlMs: 1_000,
        _meta: { own: 1 }
      })
  }
}

const crm: FakeOffer = {
  name: 'crm',
  prompts: [
    { name: 'greet', title: 'Greet', arguments: [{ name: 'who' }] },
    { name: 'down' }
  ],
  templates: [{ name: 'customer', uriTemplate: 'crm://customers/{id}' }],
  uris: ['crm://one', 'crm://secret'],
  answer
}
const down: FakeOffer = {
  name: 'down',
  uris: ['down://one'],
  answer () {
    throw new UpstreamError('down', 'ended', 'HIDDEN')
  }
}
const rules = {
  groups: {},
  rules: [
    { who: ['alice@example.com'], upstreams: ['*'] },
    {
      who: ['bob@example.com'],
      prompts: ['crm_greet'],
      resources: ['crm://**', '!crm://secret', '!customer']
    }
  ]
}
const bob = { authorization: 'Bearer bob' }
const nobody = { authorization: 'Bearer nothing' }

t.test('prompts are listed, written and completed under their outer names', async (t) => {
  const upstreams = fakeUpstreams(crm)
  const { eras } = await start(t, { upstreams })
  for (const [era, request] of eras) {
    const { prompts } = (await request('prompts/list')).json.result
    t.match(prompts, [{ name: 'crm_greet', title: 'Greet' }, { name: 'crm_down' }])
    const args = { who: 'Ann' }
    const got = await request('prompts/get', { name: 'crm_greet', arguments: args })
    t.match(got.json.result, { messages, description: 'D' }, era)
    t.notMatch(got.text, 'HIDDEN')
    t.strictSame(upstreams.sent.at(-1)!.params, { name: 'greet', arguments: args })
    const { json } = await request('completion/complete', {
      ref: { type: 'ref/prompt', name: 'crm_greet' },
      argument: { name: 'who', value: 'a' },
      context: { arguments: { other: 'x' } }
    })
    t.match(json.result.completion, { total: 150 })
    t.equal(json.result.completion.values.length, 100)
    t.strictSame(upstreams.sent.at(-1)!.params, {
      ref: { type: 'ref/prompt', name: 'greet' },
      argument: { name: 'who', value: 'a' },
      context: { arguments: { other: 'x' } }
    })
  }
})

t.test('a prompt of this server is never one of an upstream, whoever may use which', async (t) => {
  const relay = createRelay(fakeUpstreams(crm), { local: false, log: { warn () {} } })
  const own = { has: (name: string) => name === 'crm_greet', find: () => undefined, list: () => ({ prompts: [] }), get: () => 'own', complete: () => 'own' }
  const prompts = withRelayedPrompts(own as never, relay, false)
  const caller = { request: { access: null, rights: ALL_RIGHTS } } as never
  t.equal(prompts.find('crm_greet', ALL_RIGHTS), undefined)
  t.match(prompts.find('crm_down', ALL_RIGHTS), { scopes: ['mcp:read'] })
  t.same((prompts.list(caller) as { prompts: Array<{ name: string }> }).prompts.map(({ name }) => name), ['crm_down'])
  t.equal(await prompts.get('crm_greet', {}, caller), 'own')
  t.equal(await prompts.complete('crm_greet', { name: 'who', value: '' }, caller, undefined), 'own')
})

t.test('an upstream that fails costs words and no details', async (t) => {
  const { eras } = await start(t, { upstreams: fakeUpstreams(crm) })
  for (const [, request] of eras) {
    const { text, json } = await request('prompts/get', { name: 'crm_down' })
    t.match(json.error, {
      code: -32603,
      message: /The prompt crm_down cannot be reached.*the log as/
    })
    t.notMatch(text, 'HIDDEN')
  }
})

t.test('resources of all upstreams are one list; one that fails costs its own part', async (t) => {
  const upstreams = fakeUpstreams(down, crm)
  const { eras } = await start(t, { upstreams })
  for (const [era, request] of eras) {
    const first = (await request('resources/list')).json.result
    t.match(first.resources, [{ uri: 'crm://one', _meta: { a: 1 } }, { uri: 'crm://secret' }])
    t.equal(first.resources.length, 2, era)
    const cursor = first.nextCursor
    const second = (await request('resources/list', { cursor })).json.result
    t.match(second.resources, [{ uri: 'crm://two' }])
    t.equal(second.nextCursor, undefined)
    t.strictSame(upstreams.sent.at(-1)!.params, { cursor: 'two' })
    const odd = await request('resources/list', { cursor: 'made up' })
    t.equal(odd.json.error.code, -32602)
    const { resourceTemplates } = (await request('resources/templates/list')).json.result
    t.match(resourceTemplates, crm.templates)
  }
})

t.test('a URI leads to the upstream that lists it, whose template fits, or that has its scheme', async (t) => {
  const upstreams = fakeUpstreams(down, crm)
  const { eras, legacy } = await start(t, { upstreams })
  for (const [era, request] of eras) {
    for (const uri of ['crm://one', 'crm://customers/7', 'crm://unlisted']) {
      const { result } = (await request('resources/read', { uri })).json
      t.match(result, {
        contents: [{ uri, text: 'x', mimeType: 'text/plain' }],
        _meta: { own: 1 }
      })
      t.equal(result.ttlMs, era === 'modern' ? 1_000 : undefined)
    }
    const before = upstreams.sent.length
    for (const uri of ['other://one', 'crm', '']) {
      const { error } = (await request('resources/read', { uri })).json
      t.strictSame([error.code, error.data], [-32602, { uri }])
    }
    t.equal(upstreams.sent.length, before)
    const gone = (await request('resources/read', { uri: 'crm://gone' })).json
    t.match(gone.error, { code: -32602, message: 'Gone' })
  }
  const { json } = await legacy('completion/complete', {
    ref: { type: 'ref/resource', uri: 'crm://customers/{id}' },
    argument: { name: 'id', value: '1' }
  })
  t.equal(json.result.completion.values.length, 100)
})

t.test('what a caller may not use is in no list, and answered as if it did not exist', async (t) => {
  const upstreams = fakeUpstreams(crm)
  const { eras } = await start(t, { upstreams, rules })
  for (const [, request] of eras) {
    const names = async (list: string, headers = {}) => {
      const { result } = (await request(list, {}, headers)).json
      const [entries] = Object.values(result).filter(Array.isArray)
      return entries!.map(({ name }) => name)
    }
    t.strictSame(await names('prompts/list', bob), ['crm_greet'])
    t.strictSame(await names('resources/list', bob), ['one'])
    t.strictSame(await names('resources/templates/list', bob), [])
    t.strictSame(await names('resources/list'), ['one', 'secret'])
    const before = upstreams.sent.length
    const hidden = await request('prompts/get', { name: 'crm_down' }, bob)
    t.match(hidden.json.error.message, 'There is no prompt named')
    for (const uri of ['crm://secret', 'crm://customers/7']) {
      const { error } = (await request('resources/read', { uri }, bob)).json
      t.match(error.message, 'There is no such resource')
    }
    t.equal(upstreams.sent.length, before, 'the upstream was not asked')
  }
})

t.test('prompts and resources need mcp:read, and a challenge says so', async (t) => {
  const upstreams = fakeUpstreams(crm)
  const { eras } = await start(t, { upstreams })
  for (const [, request] of eras) {
    for (const [method, params] of [
      ['prompts/get', { name: 'crm_greet' }],
      ['resources/read', { uri: 'crm://one' }]
    ] as const) {
      const { status, headers } = await request(method, params, nobody)
      t.equal(status, 403)
      t.match(headers.get('www-authenticate'), /insufficient_scope.*mcp:read/)
    }
    const { prompts } = (await request('prompts/list', {}, nobody)).json.result
    t.strictSame(prompts, [])
  }
  t.strictSame(upstreams.sent, [])
})

t.test('who may not read gets nothing of an upstream by its prompts, on none of the ways to them', async (t) => {
  const upstreams = fakeUpstreams(crm)
  const { prompts } = upstreams
  t.ok(prompts.some(({ name }) => name === 'crm_greet'))
  const asked: string[] = []
  const own = {
    find: () => undefined,
    has: () => false,
    list: () => ({ prompts: [] }),
    complete: async (name: string) => { asked.push(name) }
  }
  const relayed = withRelayedPrompts(own as never, createRelay(upstreams, { local: false, log: { warn () {} } }), true)
  const callerWith = (...scopes: string[]) => ({
    request: { access: { scopes, user: { id: 'ann' } }, rights: ALL_RIGHTS, signal: new AbortController().signal },
    services: { groupsOf: () => [] },
    channel: { meta: {}, capabilities: undefined }
  }) as never
  const greet = (...scopes: string[]) => relayed.complete('crm_greet', { name: 'who', value: 'a' }, callerWith(...scopes), undefined as never)
  for (const scopes of [[], ['mcp:write'], ['openid']]) {
    await greet(...scopes)
    t.equal(asked.pop(), 'crm_greet', 'as one that nobody has')
    t.same(relayed.list(callerWith(...scopes)).prompts, [])
  }
  t.strictSame(upstreams.sent, [])
  await greet('mcp:read')
  t.equal(upstreams.sent.length, 1)
  t.ok(relayed.list(callerWith('mcp:read')).prompts.length > 0)
})
