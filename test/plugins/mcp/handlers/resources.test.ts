// Resources as clients see them: pages, templates, completion, and those of the documents.
import t from 'tap'
import { z } from 'zod'
import { defineResource } from '../../../../authoring/resource.ts'
import { form, ToolError } from '../../../../authoring/tool.ts'
import { about, open } from '../../../helpers/mcp-authored.ts'
import { mcpClient } from '../../../helpers/mcp.ts'
import { startServer } from '../../../helpers/server.ts'

t.test(
  'resources are listed in pages, read by URI and completed; what is not there is -32602 with its URI',
  async (t) => {
    const many = Array.from({ length: 7 }, (_, index) => `n${index}`)
    const { eras, modern } = await open(t, [], {
      resources: [
        defineResource({
          ...about('now'),
          uri: 'status://now',
          mimeType: 'text/plain',
          ttl: 5_000,
          read: async () => 'fine'
        }),
        defineResource({
          ...about('bytes'),
          uri: 'status://bytes',
          mimeType: 'image/png',
          read: async () => new Uint8Array([1, 2])
        }),
        defineResource({
          ...about('note'),
          uri: 'notes://{name}',
          read: async ({ name }) =>
            many.includes(name)
              ? [{ text: name }, { uri: `notes://${name}#2`, mimeType: 'text/html', text: '<b>' }]
              : undefined,
          async list (after) {
            const from = after === undefined ? 0 : many.indexOf(after) + 1
            if (after !== undefined && from === 0) throw new ToolError('There is no such page.')
            return {
              resources: many
                .slice(from, from + 3)
                .map((name) => ({ values: { name }, name, title: name.toUpperCase() })),
              ...(from + 3 < many.length && { next: many[from + 2]! })
            }
          },
          complete: { name: async (typed) => many.filter((name) => name.startsWith(typed)) }
        }),
        defineResource({
          ...about('broken'),
          uri: 'broken://now',
          read: async () => {
            throw new Error('password=hunter2')
          }
        }),
        defineResource({
          ...about('asking'),
          uri: 'asking://now',
          async read (_, { ask }) {
            await ask({ ok: form('Sure?', z.object({ ok: z.boolean() })) })
            return 'asked'
          }
        })
      ]
    })
    for (const [era, request] of eras) {
      const pages: string[][] = []
      let cursor: string | undefined
      do {
        const {
          json: { result }
        } = await request('resources/list', cursor === undefined ? {} : { cursor })
        pages.push(result.resources.map(({ uri }: { uri: string }) => uri))
        cursor = result.nextCursor
      } while (cursor !== undefined)
      t.strictSame(
        pages.shift()!.sort(),
        ['asking://now', 'broken://now', 'notes://n0', 'notes://n1', 'notes://n2', 'status://bytes', 'status://now'],
        'short lists share a page'
      )
      t.strictSame(pages, [['notes://n3', 'notes://n4', 'notes://n5'], ['notes://n6']], era)
      t.match((await request('resources/templates/list')).json.result.resourceTemplates, [
        { uriTemplate: 'notes://{name}', name: 'note', title: 'note', description: /note/ }
      ])
      for (const cursor of [
        'x',
        '',
        'W10',
        Buffer.from('[9,null]').toString('base64url'),
        Buffer.from('[-1,null]').toString('base64url'),
        Buffer.from('[1,"nothing"]').toString('base64url'),
        Buffer.from('{"a":1}').toString('base64url')
      ]) {
        t.match((await request('resources/list', { cursor })).json.error, { code: -32602 }, `F6: ${cursor}`)
      }
      for (const list of ['tools/list', 'prompts/list', 'resources/templates/list']) { t.match((await request(list, { cursor: 'x' })).json.error, { code: -32602 }, list) }
      t.strictSame((await request('resources/read', { uri: 'status://now' })).json.result.contents, [
        { uri: 'status://now', mimeType: 'text/plain', text: 'fine' }
      ])
      t.strictSame((await request('resources/read', { uri: 'status://bytes' })).json.result.contents, [
        { uri: 'status://bytes', mimeType: 'image/png', blob: 'AQI=' }
      ])
      t.strictSame((await request('resources/read', { uri: 'notes://n1' })).json.result.contents, [
        { uri: 'notes://n1', text: 'n1' },
        { uri: 'notes://n1#2', mimeType: 'text/html', text: '<b>' }
      ])
      for (const uri of [
        'notes://n99',
        'notes://',
        'notes://a/b',
        'other://x',
        'status://now/',
        'notes://%ZZ',
        `notes://${'/'.repeat(20_000)}`
      ]) {
        const { json } = await request('resources/read', { uri })
        t.match(json.error, { code: -32602, data: { uri } }, `${era} ${uri.slice(0, 40)}`)
      }
      const broken = await request('resources/read', { uri: 'broken://now' })
      t.match(broken.json.error, { code: -32603, message: /in the log as/ })
      t.notMatch(broken.text, 'hunter2')
      const completed = (
        await request('completion/complete', {
          ref: { type: 'ref/resource', uri: 'notes://{name}' },
          argument: { name: 'name', value: 'n' }
        })
      ).json.result
      t.match(completed, { completion: { values: many, total: 7, hasMore: false } })
      t.match(
        (
          await request('completion/complete', {
            ref: { type: 'ref/resource', uri: 'notes://{name}' },
            argument: { name: 'constructor', value: '' }
          })
        ).json.result,
        { completion: { values: [] } }
      )
      t.match(
        (
          await request('completion/complete', {
            ref: { type: 'ref/resource', uri: 'nothing://{x}' },
            argument: { name: 'x', value: '' }
          })
        ).json.error,
        { code: -32602 }
      )
    }
    t.match(
      (await modern('resources/read', { uri: 'status://now' })).json.result,
      { ttlMs: 5_000, cacheScope: 'public', resultType: 'complete' },
      'F4'
    )
    t.match((await modern('resources/list')).json.result, { ttlMs: Number, cacheScope: 'public' }, 'F4')
    const asked = (await modern('resources/read', { uri: 'asking://now' }, {}, { elicitation: {} })).json.result
    t.match(asked, { resultType: 'input_required', inputRequests: { ok: {} } })
    t.match(
      (
        await modern(
          'resources/read',
          { uri: 'asking://now', requestState: asked.requestState, inputResponses: { ok: { action: 'cancel' } } },
          {},
          { elicitation: {} }
        )
      ).json.result.contents,
      [{ text: 'asked' }]
    )
  }
)

t.test('the documents of the server are resources, and its prompts bring them along', async (t) => {
  const documents = {
    ...Object.fromEntries(
      Array.from({ length: 120 }, (_, index) => [
        `part/${String(index).padStart(3, '0')} é.md`,
        `# Part ${index}\n\nWords of part ${index}.`
      ])
    ),
    'a.md': '# Tides\n\nThe moon pulls the sea.'
  }
  const { url } = await startServer(t, { env: { AUTH_BACKEND: 'none' }, documents })
  const { modern } = mcpClient(url)
  const first = (await modern('resources/list')).json.result
  t.match(first.resources[0], { uri: 'library://documents/a.md', title: 'Tides', mimeType: 'text/plain' })
  t.equal(first.resources.length, 50)
  const second = (await modern('resources/list', { cursor: first.nextCursor })).json.result
  const third = (await modern('resources/list', { cursor: second.nextCursor })).json.result
  t.equal(
    new Set([first, second, third].flatMap(({ resources }) => resources.map(({ uri }: { uri: string }) => uri))).size,
    121
  )
  t.notOk('nextCursor' in third)
  const { uri } = second.resources[0]
  const read = (
    await modern('resources/read', { uri }, { 'mcp-name': `=?base64?${Buffer.from(uri).toString('base64')}?=` })
  ).json.result
  t.match(read.contents, [{ uri, mimeType: 'text/plain', text: /Words of part/ }])
  const { values, hasMore, total } = (
    await modern('completion/complete', {
      ref: { type: 'ref/resource', uri: 'library://documents/{+id}' },
      argument: { name: 'id', value: 'part/00' }
    })
  ).json.result.completion
  t.strictSame([values.length, hasMore, total], [10, false, 10])
  const summary = (await modern('prompts/get', { name: 'summarize_document', arguments: { id: 'a.md' } })).json.result
  t.match(summary.messages, [
    { content: { type: 'resource', resource: { uri: 'library://documents/a.md', text: /The moon/ } } },
    { content: { text: /Tides/ } }
  ])
  t.match((await modern('prompts/get', { name: 'summarize_document', arguments: { id: '../a.md' } })).json.error, {
    code: -32602,
    message: /no document/
  })
  t.match(
    (await modern('prompts/get', { name: 'answer_with_citations', arguments: { question: 'What pulls the sea?' } }))
      .json.result.messages,
    [{ content: { type: 'resource_link', name: 'Tides' } }]
  )
  const code = (await modern('prompts/get', { name: 'analyze_code', arguments: { code: 'a\n````\nb' } })).json.result
    .messages[0].content.text
  t.match(code, '\n`````\na\n````\nb\n`````', 'the code cannot end its own block')
})
