// Existing MCP servers behind this one, end to end: servers and clients that nobody here wrote, each client signed in
// through the real pages.
import { writeFile } from 'node:fs/promises'
import { join as joinPath } from 'node:path'
import t, { type Test } from 'tap'
import { until } from '../helpers/until.ts'
import { eras, join, type Caller } from './upstreams/clients.ts'
import {
  everything, filesystem, newFolder, startBefore, startEverything, startFastMcp, startV1
} from './upstreams/servers.ts'

const TEXT = 'demo://resource/dynamic/text/1'

/** Every kind of answer that server-everything has. */
async function calls (t: Test, { call }: Caller, prefix: string) {
  t.match(await call(`${prefix}echo`, { message: 'otter' }), { content: [{ type: 'text', text: 'Echo: otter' }] })
  t.match((await call(`${prefix}get-tiny-image`))['content'], [{ type: 'text' }, { type: 'image', mimeType: 'image/png' }, {}])
  t.match((await call(`${prefix}get-resource-links`, { count: 2 }))['content'], [
    {}, { type: 'resource_link', uri: /^demo:/ }, { type: 'resource_link' }
  ])
  t.match((await call(`${prefix}get-resource-reference`, { resourceType: 'Text', resourceId: 3 }))['content'], [
    {}, { type: 'resource', resource: { text: /^Resource 3/ } }, {}
  ])
  t.match((await call(`${prefix}get-annotated-message`, { messageType: 'error' }))['content'], [
    { annotations: { priority: 1, audience: ['user', 'assistant'] } }
  ])
  const weather = { temperature: 36, humidity: 82 }
  t.match(await call(`${prefix}get-structured-content`, { location: 'Chicago' }), { structuredContent: weather })
  t.match(await call(`${prefix}get-sum`, { a: 'x' }), { isError: true })
}

async function progressAndCancellation (t: Test, { call }: Caller, prefix: string) {
  const progress: object[] = []
  const onprogress = (one: object) => { progress.push(one) }
  await call(`${prefix}trigger-long-running-operation`, { duration: 0.2, steps: 2 }, { onprogress })
  t.match(progress, [{ progress: 1, total: 2 }, { progress: 2, total: 2 }])
  const controller = new AbortController()
  const long = call(`${prefix}trigger-long-running-operation`, { duration: 20, steps: 2 }, { signal: controller.signal })
  controller.abort('enough')
  await t.rejects(long)
}

async function promptsAndResources (t: Test, { client }: Caller, prefix: string) {
  const { prompts } = await client.listPrompts()
  t.match(prompts.find(({ name }) => name === `${prefix}args-prompt`), { arguments: [{ name: 'city', required: true }, { name: 'state' }] })
  t.match(await client.getPrompt({ name: `${prefix}args-prompt`, arguments: { city: 'Bergen' } }), {
    messages: [{ content: { text: /Bergen/ } }]
  })
  const ref = { type: 'ref/prompt' as const, name: `${prefix}completable-prompt` }
  const completed = await client.complete({
    ref, argument: { name: 'name', value: '' }, context: { arguments: { department: 'Sales' } }
  })
  t.same(completed.completion.values, ['David', 'Eve', 'Frank'])
  const { resources } = await client.listResources()
  t.ok(resources.some(({ uri }) => uri.startsWith('demo://resource/static/')))
  const { resourceTemplates } = await client.listResourceTemplates()
  t.ok(resourceTemplates.some(({ uriTemplate }) => uriTemplate === 'demo://resource/dynamic/text/{resourceId}'))
  t.match(await client.readResource({ uri: TEXT }), { contents: [{ uri: TEXT, text: /^Resource 1/ }] })
}

async function questions (t: Test, caller: Caller, prefix: string) {
  const ask = () => caller.call(`${prefix}trigger-elicitation-request`)
  t.match((await ask())['content'], [{}, { text: /Name: Otter/ }, {}])
  t.match(caller.asked, [{ requestedSchema: { properties: { name: {} }, required: ['name'] } }])
  caller.answer = { action: 'decline' }
  t.match((await ask())['content'], [{ text: /declined/ }, {}])
}

t.test('every era has what real servers offer, over standard input and over HTTP with sessions', async (t) => {
  const folder = await newFolder(t)
  await writeFile(joinPath(folder, 'a.txt'), 'from a file')
  const { url } = await startBefore(t, {
    every: everything,
    web: await startEverything(t),
    files: filesystem(folder),
    fast: await startFastMcp(t)
  })
  for (const [index, era] of eras.entries()) {
    await t.test(era.name, async (t) => {
      const caller = await join(url, era, `ann${index}@example.com`)
      const { tools } = await caller.client.listTools()
      const names = tools.map(({ name }) => name)
      for (const name of ['every_echo', 'web_echo', 'files_read_text_file', 'fast_add', 'every_trigger-elicitation-request']) {
        t.ok(names.includes(name), name)
      }
      t.notOk(names.some((name) => name.includes('sampling')), 'nothing that needs the model of the client')
      t.match(tools.find(({ name }) => name === 'every_get-structured-content'), { outputSchema: { required: [String, String, String] } })
      for (const prefix of ['every_', 'web_']) {
        await calls(t, caller, prefix)
        await progressAndCancellation(t, caller, prefix)
        await promptsAndResources(t, caller, prefix)
        caller.answer = { action: 'accept', content: { name: 'Otter' } }
        caller.asked.length = 0
        await questions(t, caller, prefix)
      }
      const path = joinPath(folder, 'a.txt')
      t.match(await caller.call('files_read_text_file', { path }), { content: [{ text: 'from a file' }] })
      t.match(await caller.call('files_read_text_file', { path: '/etc/passwd' }), { isError: true })
      t.match(await caller.call('fast_add', { a: 2, b: 3 }), { content: [{ text: '5' }] })
      const progress: object[] = []
      const counted = await caller.call('fast_count', {}, { onprogress: (one) => { progress.push(one) } })
      t.match(counted, { content: [{ type: 'audio', mimeType: 'audio/wav' }] })
      t.match(progress, [{ progress: 1, total: 2 }])
      t.same(caller.lines.filter((line) => JSON.stringify(line).includes('counting')).length, 1)
      await caller.close()
    })
  }
})

t.test('a list that changes and a resource that is followed are told to whoever listens, in both eras', async (t) => {
  const v1 = await startV1(t)
  const { url } = await startBefore(t, { every: everything, v1 })
  const told: string[][] = []
  const callers: Caller[] = []
  for (const [index, era] of eras.slice(0, 2).entries()) {
    const caller = await join(url, era, `bea${index}@example.com`)
    const heard: string[] = []
    caller.client.setNotificationHandler('notifications/resources/updated', ({ params }) => { heard.push(params.uri) })
    caller.client.setNotificationHandler('notifications/tools/list_changed', () => { heard.push('tools') })
    if (era.isModern) await caller.client.listen({ toolsListChanged: true, resourceSubscriptions: [TEXT] })
    else await caller.client.subscribeResource({ uri: TEXT })
    told.push(heard)
    callers.push(caller)
  }
  for (const { call } of callers) await call('every_toggle-subscriber-updates')
  v1.learn()
  t.ok(await until(() => told.every((heard) => heard.includes(TEXT) && heard.includes('tools'))), JSON.stringify(told))
  for (const { client, call, close } of callers) {
    t.ok((await client.listTools()).tools.some(({ name }) => name === 'v1_learned'))
    t.match(await call('v1_learned'), { content: [{ text: 'learned' }] })
    await close()
  }
})
