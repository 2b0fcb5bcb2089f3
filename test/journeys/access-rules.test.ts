// Access rules at every door of the endpoint: what a person may not use answers exactly as what does not exist.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { definePrompt } from '../../authoring/prompt.ts'
import { defineResource } from '../../authoring/resource.ts'
import { defineTool } from '../../authoring/tool.ts'
import { keyFor } from '../helpers/access-keys.ts'
import { Browser } from '../helpers/browser.ts'
import { mcpClient, MODERN, modernBody, openStream, type McpClient, type Reply } from '../helpers/mcp.ts'
import { person } from '../helpers/person.ts'
import { startServer } from '../helpers/server.ts'

const about = { title: 'T', description: 'D', scopes: ['mcp:read' as const] }
const annotations = { readOnlyHint: true, destructiveHint: false, openWorldHint: false }

function makeOffer () {
  const ran: string[] = []
  const tool = (name: string, more: object = {}) =>
    defineTool({ ...about, ...more, name, input: z.object({}), annotations, run: async () => { ran.push(name) } })
  const resource = (name: string, uri: string) =>
    defineResource({
      ...about,
      name,
      uri,
      read: async () => `text of ${name}`,
      ...(uri.includes('{') && {
        list: async () => ({ resources: [{ values: { id: '1' }, name: `${name} 1`, title: name }] }),
        complete: { id: async () => [`${name}-1`] }
      })
    } as never)
  const prompt = (name: string) =>
    definePrompt({ ...about, name, arguments: z.object({ a: z.string() }), write: async () => name, complete: { a: async () => [name] } })
  const offer = {
    tools: [
      tool('common'),
      tool('crm_find', { aliases: ['crm_lookup'] }),
      tool('open_common', { noauth: true }),
      tool('open_hidden', { noauth: true })
    ],
    resources: [resource('common', 'common://all'), resource('crm', 'crm://all'), resource('crm_entry', 'crm://entries/{id}')],
    prompts: [prompt('common'), prompt('crm_report')]
  }
  return { ran, offer: offer as never }
}

const RULES = {
  groups: { finance: ['ann@example.com'] },
  rules: [
    { who: ['everyone'], tools: ['common', 'open_common'], prompts: ['common'], resources: ['common'] },
    { who: ['finance'], tools: ['crm_*'], prompts: ['crm_*'], resources: ['crm', 'crm://entries/*'] }
  ]
}

async function open (t: Test, rules: object = RULES) {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-doors-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'access.json')
  const write = (rules: object) => writeFile(path, JSON.stringify(rules))
  await write(rules)
  const { ran, offer } = makeOffer()
  const start = async () => {
    const server = await startServer(t, { offer, env: { ACCESS: path } })
    return { server, ann: await person(server, 'ann@example.com'), bob: await person(server, 'bob@example.com') }
  }
  return { ran, write, start, ...(await start()) }
}

/** As {@link RULES} would be if what finance alone may use were not there. */
const inBoth = async (client: McpClient, method: string, params: Record<string, any> = {}): Promise<Reply[]> => [
  await client.legacy(method, params),
  await client.modern(method, params)
]

const names = ({ json }: Reply, list: string): string[] => json.result[list].map(({ name }: { name: string }) => name)

/** What was answered, without the name that was asked for. */
const withoutName = ({ status, text, headers }: Reply, name: string) => ({
  status,
  text: text.replaceAll(name, 'NAME'),
  challenge: headers.get('www-authenticate')
})

t.test('each person is listed what they may use, on both paths and in both eras (RU-03)', async (t) => {
  const { ann, bob } = await open(t)
  for (const [method, list, common, hidden] of [
    ['tools/list', 'tools', ['common', 'open_common'], ['crm_find']],
    ['prompts/list', 'prompts', ['common'], ['crm_report']],
    ['resources/list', 'resources', ['common'], ['crm', 'crm_entry 1']],
    ['resources/templates/list', 'resourceTemplates', [], ['crm_entry']]
  ] as const) {
    // Asked in turns: what is cached for one is not answered to the other.
    for (let round = 0; round < 2; round++) {
      for (const reply of await inBoth(ann, method)) t.same(names(reply, list).sort(), [...common, ...hidden].sort(), `${method}, Ann`)
      for (const reply of await inBoth(bob, method)) t.same(names(reply, list).sort(), [...common].sort(), `${method}, Bob`)
    }
  }
})

t.test('what one may not use answers as what does not exist, and does not run (RU-03)', async (t) => {
  const { ran, ann, bob, server } = await open(t)
  const stranger = mcpClient(server.url)
  for (const [method, hidden, absent, params, isRefused] of [
    ['tools/call', 'crm_find', 'crm_kind', (name: string) => ({ name, arguments: {} })],
    ['tools/call', 'crm_lookup', 'crm_absent', (name: string) => ({ name, arguments: {} })],
    ['tools/call', 'open_hidden', 'open_absent', (name: string) => ({ name, arguments: {} })],
    ['tools/call', 'crm_find', 'crm_kind', (name: string) => ({ name, arguments: {}, _meta: { progressToken: 1 } })],
    ['prompts/get', 'crm_report', 'crm_absent', (name: string) => ({ name, arguments: { a: 'x' } })],
    ['prompts/get', 'crm_report', 'crm_absent', (name: string) => ({ name }), true],
    ['resources/read', 'crm://all', 'crm://xll', (uri: string) => ({ uri })],
    ['resources/read', 'crm://entries/1', 'crm://xntries/1', (uri: string) => ({ uri })],
    ['completion/complete', 'crm_report', 'crm_absent', (name: string) => ({ ref: { type: 'ref/prompt', name }, argument: { name: 'a', value: '' } })],
    ['completion/complete', 'crm://entries/{id}', 'crm://xntries/{id}', (uri: string) => ({ ref: { type: 'ref/resource', uri }, argument: { name: 'id', value: '' } })]
  ] as const) {
    for (const client of [bob, stranger]) {
      const [hiddenReplies, absentReplies] = [await inBoth(client, method, params(hidden)), await inBoth(client, method, params(absent))]
      for (const [index, reply] of hiddenReplies.entries()) {
        t.same(withoutName(reply, hidden), withoutName(absentReplies[index]!, absent), `${method} ${hidden}`)
      }
    }
    if (hidden === 'open_hidden' || isRefused) continue
    for (const { status, json } of await inBoth(ann, method, params(hidden))) t.ok(status === 200 && json.result, `${method} ${hidden}, Ann`)
  }
  t.notOk(ran.includes('open_hidden'))
  t.equal(ran.filter((name) => name === 'crm_find').length, 6, 'for Ann alone')
})

t.test('a stranger may call without a sign-in what everyone may use (RU-04)', async (t) => {
  const { ran, server, write } = await open(t)
  const stranger = mcpClient(server.url)
  for (const reply of await inBoth(stranger, 'tools/list')) t.same(names(reply, 'tools'), ['common', 'open_common'])
  for (const { status } of await inBoth(stranger, 'tools/call', { name: 'open_common', arguments: {} })) t.equal(status, 200)
  t.equal(ran.length, 2)
  await write({ ...RULES, rules: [{ who: ['finance'], tools: ['*'] }] })
  for (const { status } of [...(await inBoth(stranger, 'tools/list')), ...(await inBoth(stranger, 'ping'))]) t.equal(status, 401)
  t.equal(ran.length, 2)
})

t.test('a change of the rules counts at the next request, on every instance (RU-05)', async (t) => {
  const { write, start, ann, bob } = await open(t)
  const second = await start()
  const turned = { ...RULES, groups: { finance: ['bob@example.com'] } }
  for (const [rules, mine, theirs] of [
    [turned, [bob, second.bob], [ann, second.ann]],
    [RULES, [ann, second.ann], [bob, second.bob]]
  ] as const) {
    await write(rules)
    for (const client of mine) for (const reply of await inBoth(client, 'tools/list')) t.ok(names(reply, 'tools').includes('crm_find'))
    for (const client of theirs) {
      for (const reply of await inBoth(client, 'tools/list')) t.notOk(names(reply, 'tools').includes('crm_find'))
      for (const { json } of await inBoth(client, 'tools/call', { name: 'crm_find', arguments: {} })) t.match(json.error.message, /no tool named/)
    }
  }
})

t.test('tools that a person left out at consent are not there for the app (RU-02)', async (t) => {
  const { server } = await open(t)
  const less = await person(server, 'ann@example.com', { without: ['crm_find'] })
  for (const reply of await inBoth(less, 'tools/list')) t.notOk(names(reply, 'tools').includes('crm_find'))
  for (const name of ['crm_find', 'crm_lookup']) {
    for (const { json } of await inBoth(less, 'tools/call', { name, arguments: {} })) t.match(json.error.message, /no tool named/)
  }
})

t.test('open streams of both eras are told when their caller may use other things (RU-06)', async (t) => {
  const { write, server, bob } = await open(t)
  const initialize = { protocolVersion: '2025-11-25', capabilities: { elicitation: {} }, clientInfo: { name: 'x', version: '1' } }
  const begun = await bob.legacy('initialize', initialize)
  t.equal(begun.json.result.capabilities.tools.listChanged, true)
  const authorization = `Bearer ${bob.token}`
  const filter = { notifications: { toolsListChanged: true, resourcesListChanged: true, resourceSubscriptions: ['crm://all'] } }
  const modern = await openStream(server.url, {
    method: 'POST',
    headers: { authorization, 'mcp-protocol-version': MODERN, 'mcp-method': 'subscriptions/listen' },
    body: modernBody('subscriptions/listen', filter)
  })
  const session = await openStream(server.url, { headers: { authorization, 'mcp-session-id': begun.headers.get('mcp-session-id')! } })
  t.teardown(() => [modern, session].forEach((stream) => stream.leave()))
  await modern.until(1)
  await write({ ...RULES, groups: { finance: ['bob@example.com'] } })
  const told = (messages: any[]) => messages.map(({ method }) => method).filter((method) => method.endsWith('list_changed'))
  await modern.until(3)
  t.same(
    told(modern.messages()).sort(),
    ['notifications/resources/list_changed', 'notifications/tools/list_changed']
  )
  await session.until(3)
  t.equal(told(session.messages()).length, 3)
})

t.test('a stream that was opened with an access key follows the groups of its person (RU-06)', async (t) => {
  const { server, bob } = await open(t)
  const { secret } = await keyFor(server, bob.id)
  const stream = await openStream(server.url, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'mcp-protocol-version': MODERN, 'mcp-method': 'subscriptions/listen' },
    body: modernBody('subscriptions/listen', { notifications: { toolsListChanged: true } })
  })
  t.teardown(() => stream.leave())
  await stream.until(1)
  await server.app.signIn.lifecycle.changeGroups(bob.id, () => ['finance'])
  t.match((await stream.until(2))[1], { method: 'notifications/tools/list_changed' })
})

t.test('a session cannot subscribe to what its person may not see (RU-03)', async (t) => {
  const { ann, bob } = await open(t)
  const initialize = { protocolVersion: '2025-11-25', capabilities: { elicitation: {} }, clientInfo: { name: 'x', version: '1' } }
  for (const [client, isAllowed] of [[ann, true], [bob, false]] as const) {
    const { headers } = await client.legacy('initialize', initialize)
    const session = { 'mcp-session-id': headers.get('mcp-session-id')! }
    const [hidden, absent] = [
      await client.legacy('resources/subscribe', { uri: 'crm://all' }, session),
      await client.legacy('resources/subscribe', { uri: 'crm://xll' }, session)
    ]
    t.equal(hidden.json.result !== undefined, isAllowed)
    t.equal(absent.json.result, undefined)
    if (!isAllowed) t.same(withoutName(hidden, 'crm://all'), withoutName(absent, 'crm://xll'))
  }
})

t.test('a rule for a resource that nothing offers stops the start', async (t) => {
  const rules = { rules: [{ who: ['everyone'], resources: ['common', 'common://all', 'crm://*', 'crn'] }] }
  await t.rejects(
    open(t, rules),
    { name: 'StartError', message: /line 1: there is no resource "crn"; there are common, common:\/\/all, / }
  )
})

t.test('the home page shows a visitor the tools that they may use (RU-03)', async (t) => {
  const { server } = await open(t)
  const { text } = await new Browser().get(`${server.url}/`)
  t.match(text, 'open_common')
  t.notMatch(text, 'crm_find')
})
