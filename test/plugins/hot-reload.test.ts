// `npm run dev`: a saved file is offered at once, a broken one is logged, and closing stops the watch.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import Fastify from 'fastify'
import fp from 'fastify-plugin'
import t from 'tap'
import type { Tool } from '../../authoring/tool.ts'
import hotReload from '../../plugins/hot-reload.ts'
import { folder } from '../helpers/tool-context.ts'
import { until } from '../helpers/until.ts'

const tool = (name: string) => `import { z } from ${JSON.stringify(import.meta.resolve('zod'))}
export default { name: '${name}', title: 'T', description: 'D', scopes: ['mcp:read'], input: z.object({}),
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false }, run: async () => {} }`

t.test('tools come with the resources they open, and those of before stay while a file is broken', async (t) => {
  const lines: string[] = []
  const offers: Array<{ tools: Tool[]; resources: unknown[] }> = []
  const app = Fastify({ logger: { level: 'info', stream: { write: (line: string) => { lines.push(JSON.parse(line).msg) } } } })
  t.teardown(() => app.close())
  const offered: Tool[] = []
  await app.register(fp(async () => {
    app.decorate('tools', {
      offered,
      async replace (tools: Tool[], offer: (tools: Tool[], resources: string[]) => void) {
        offered.splice(0, Infinity, ...tools)
        offer(tools, ['opened by a tool'])
      }
    } as never)
  }, { name: 'tools' }))
  await app.register(fp(async () => {
    app.decorate('mcp', { offer: (offer: (typeof offers)[number]) => offers.push(offer) } as never)
  }, { name: 'mcp' }))
  const place = await folder(t)
  await writeFile(join(place, 'one.ts'), tool('one'))
  await app.register(hotReload, { folders: [pathToFileURL(`${place}/`)] } as never)

  await writeFile(join(place, 'two.ts'), tool('two'))
  t.ok(await until(() => offers.length === 1))
  t.same(offers[0]!.tools.map(({ name }) => name), ['one', 'two'])
  t.same(offers[0]!.resources, ['opened by a tool'])
  t.ok(await until(() => lines.length > 0))
  t.match(lines, ['two.ts changed: now 2 tools, 0 resources and 0 prompts are offered'])
  await writeFile(join(place, 'two.ts'), tool('one'))
  t.ok(await until(() => lines.length > 1))
  t.match(lines[1], /^two\.ts changed, but the previous tools stay: [^]*"one" is taken/)
  t.equal(offers.length, 1)
})
