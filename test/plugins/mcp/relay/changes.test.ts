// What changes at an upstream: offered at once, and told to those
// who may use it.
import t from 'tap'
import { ALL_RIGHTS } from '../../../../plugins/access-rules/contract.ts'
import { createOwners } from '../../../../plugins/mcp/relay/owners.ts'
import { createRelayedChanges } from '../../../../plugins/mcp/relay/changes.ts'
import { concerns } from '../../../../plugins/mcp/streams/change-log.ts'
import { fakeUpstreams } from '../../../helpers/fake-upstreams.ts'
import { start } from '../../../helpers/mcp-endpoint.ts'
import { MODERN, modernBody } from '../../../helpers/mcp.ts'
import { until } from '../../../helpers/until.ts'

const tool = (name: string, description = 'D') => ({ name, description })
const rules = {
  groups: {},
  rules: [
    { who: ['alice@example.com'], upstreams: ['crm'] },
    { who: ['bob@example.com'], tools: ['crm_find'] }
  ]
}

t.test('a list that changed is offered at once, to those who may use it', async (t) => {
  const crm = { name: 'crm', tools: [tool('find')], instructions: 'Ask politely.' }
  const upstreams = fakeUpstreams(crm)
  const { eras } = await start(t, { upstreams, rules })
  const bob = { authorization: 'Bearer bob' }
  const names = async (request: typeof eras[number][1], headers = {}) =>
    (await request('tools/list', {}, headers)).json.result.tools
      .map(({ name }: { name: string }) => name)
  for (const [, request] of eras) {
    t.strictSame(await names(request), ['crm_find'])
    t.strictSame(await names(request, bob), ['crm_find'])
  }
  upstreams.offer({ ...crm, tools: [tool('find'), tool('remove')] })
  for (const [era, request] of eras) {
    t.strictSame(await names(request), ['crm_find', 'crm_remove'], era)
    t.strictSame(await names(request, bob), ['crm_find'])
    for (const [name, headers, isThere] of [
      ['crm_remove', {}, true],
      ['crm_find', bob, true],
      ['crm_remove', bob, false]
    ] as const) {
      const { json } = await request('tools/call', { name }, headers)
      t.equal(json.result !== undefined, isThere, 'what is listed can be called')
    }
  }
})

t.test('the server says that lists change, and what upstreams say of themselves', async (t) => {
  const crm = { name: 'crm', tools: [tool('find')], instructions: 'Ask politely.' }
  const { modern } = await start(t, { upstreams: fakeUpstreams(crm), rules })
  const discover = async (who: string) => {
    const headers = { authorization: `Bearer ${who}` }
    return (await modern('server/discover', {}, headers)).json.result
  }
  const { capabilities, instructions } = await discover('alice')
  t.match(capabilities, { tools: { listChanged: true }, prompts: { listChanged: true } })
  t.match(instructions, /\n\ncrm: Ask politely\.$/)
  t.notMatch((await discover('reader')).instructions, 'politely')
})

t.test('what they say of themselves is found out where it is said, once for those with the same rights (UC-12)', async (t) => {
  const crm = { name: 'crm', tools: [tool('find')], instructions: 'Ask politely.' }
  const upstreams = fakeUpstreams(crm)
  let asked = 0
  const count = () =>
    Object.defineProperty(upstreams.all[0]!.catalogue, 'instructions', { get: () => { asked++; return 'Ask politely.' } })
  count()
  const { eras, legacy } = await start(t, { upstreams, rules })
  for (const [, request] of eras) await request('resources/list')
  await legacy('tools/call', { name: 'crm_find', _meta: { progressToken: 1 } })
  t.equal(asked, 0)
  const initialize = async (name: string) => {
    const { json } = await legacy('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: { roots: {} },
      clientInfo: { name, version: '1' }
    })
    t.match(json.result.instructions, /crm: Ask politely\.$/)
  }
  await initialize('one')
  await initialize('two')
  t.equal(asked, 1)
  upstreams.offer(crm)
  count()
  await initialize('three')
  t.equal(asked, 2, 'and again once they offer something else')
})

t.test('a change names what is new, gone or different, for those who may use it (UP-04)', async (t) => {
  const crm = { name: 'crm', tools: [tool('a'), tool('b')], uris: ['crm://one'] }
  const upstreams = fakeUpstreams(crm)
  const changesOf = createRelayedChanges(upstreams, createOwners(upstreams))
  upstreams.offer({ ...crm, tools: [tool('b', 'other'), tool('c')] })
  const changes = changesOf({ kind: 'lists', upstream: 'crm' })
  const things = [['crm_a'], ['crm_b'], ['crm_c']]
  t.strictSame(changes, [
    { kind: 'tools_list_changed', of: { upstream: 'crm', kind: 'tools', things } }
  ])
  t.strictSame(changesOf({ kind: 'lists', upstream: 'crm' }), [], 'nothing is new')
  const asked = (may: (name: string) => boolean) => concerns(changes[0]!, {
    user: null,
    rights: () => ({ ...ALL_RIGHTS, mayOf: (_of, _kind, ...names) => names.some(may) })
  })
  t.ok(asked((name) => name === 'crm_c'))
  t.notOk(asked((name) => name === 'crm_d'))
  const updated = changesOf({ kind: 'resource', upstream: 'crm', uri: 'crm://one', user: 'ann' })
  t.match(updated, [{ kind: 'resource_updated', uri: 'crm://one', user: 'ann' }])
  t.notOk(concerns(updated[0]!, { user: 'bob', rights: () => ALL_RIGHTS }))
})

t.test('a stream follows a resource at the upstream, and hears of it if it may (UP-04)', async (t) => {
  const uri = 'crm://one'
  const upstreams = fakeUpstreams({ name: 'crm', tools: [tool('find')], uris: [uri] })
  const { url } = await start(t, { upstreams, rules })
  const heard: string[] = []
  const listen = async (who: string) => {
    const leave = new AbortController()
    t.teardown(() => leave.abort())
    const response = await fetch(url, {
      method: 'POST',
      signal: leave.signal,
      headers: {
        authorization: `Bearer ${who}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': MODERN,
        'mcp-method': 'subscriptions/listen'
      },
      body: JSON.stringify(modernBody('subscriptions/listen', {
        notifications: { resourceSubscriptions: [uri], toolsListChanged: true }
      }))
    })
    const read = async () => {
      for await (const chunk of response.body!) heard.push(`${who} ${Buffer.from(chunk)}`)
    }
    read().catch(() => {})
  }
  await listen('alice')
  await listen('bob')
  const has = (...words: string[]) =>
    heard.some((line) => words.every((word) => line.includes(word)))
  await until(() => has('alice', 'acknowledged') && has('bob', 'acknowledged'))
  t.strictSame(upstreams.subscribed.map(({ uri, caller }) => [uri, caller!.id]), [[uri, 'alice']])
  upstreams.tell({ kind: 'resource', upstream: 'crm', uri })
  await until(() => has('alice', 'resources/updated'))
  upstreams.offer({ name: 'crm', tools: [tool('find', 'new')], uris: [uri] })
  await until(() => has('alice', 'list_changed') && has('bob', 'list_changed'))
  t.notOk(has('bob', 'resources/updated'))
})

t.test('of names that are long, everybody is told that something changed, and nothing is stored of them', async (t) => {
  const upstreams = fakeUpstreams({ name: 'crm' })
  const changesOf = createRelayedChanges(upstreams, createOwners(upstreams))
  const uris = Array.from({ length: 3 }, (_, number) => `crm://${number}/`.padEnd(2_000, 'x'))
  upstreams.offer({ name: 'crm', uris })
  t.strictSame(changesOf({ kind: 'lists', upstream: 'crm' }), [{ kind: 'resources_list_changed' }])
})

t.test('a change of a resource with a name longer than any is told to nobody (BW-28)', async (t) => {
  const upstreams = fakeUpstreams({ name: 'crm', uris: ['crm://one'] })
  const changesOf = createRelayedChanges(upstreams, createOwners(upstreams))
  const told = (uri: string) => changesOf({ kind: 'resource', upstream: 'crm', uri, user: undefined })
  t.equal(told('crm://one').length, 1)
  t.same(told('crm://'.padEnd(100_000, 'x')), [])
})
