// Which of the built-in tools are offered, and that a misspelled name stops the start.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../config/index.ts'

const TOOL = new URL('../../authoring/index.ts', import.meta.url).href
const place = await mkdtemp(join(tmpdir(), 'mcp-built-in-'))
t.teardown(() => rm(place, { recursive: true, force: true }))
await mkdir(join(place, 'tools'))
await writeFile(
  join(place, 'tools', 'mine.ts'),
  `import { defineTool, z } from ${JSON.stringify(TOOL)}
export default defineTool({
  name: 'mine', title: 'Mine', description: 'Of this project.', input: z.object({}), scopes: ['mcp:read'],
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false }, run: async () => ({})
})`
)

const offered = async (env: Record<string, string>): Promise<string[]> => {
  const config = await loadConfig(env, place)
  return (await config.loadOffer()).tools.map(({ name }) => name)
}

t.test('all, none, or names; those of a project are always offered', async (t) => {
  const all = await offered({})
  for (const name of ['analyze', 'calculate', 'fetch', 'generate', 'mine', 'search', 'write']) t.ok(all.includes(name), name)
  t.same(await offered({ BUILTIN_TOOLS: 'none' }), ['mine'])
  t.same(await offered({ BUILTIN_TOOLS: 'search, fetch' }), ['fetch', 'mine', 'search'])
})

t.test('a name that no tool has stops the start, and the message lists the names', async (t) => {
  const message = /BUILTIN_TOOLS: there is no built-in tool "serach"; write all, none, or some of analyze, calculate, /
  await t.rejects(loadConfig({ BUILTIN_TOOLS: 'serach,mine' }, place), { name: 'ConfigError', message })
})
