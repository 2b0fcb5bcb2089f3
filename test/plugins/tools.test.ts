// The server opens its tools when it starts and closes them when it stops.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { buildApp } from '../../app.ts'
import { loadConfig } from '../../config/index.ts'
import { loadOffer } from '../../authoring/loader/load.ts'

const ZOD = import.meta.resolve('zod')
const CONTRACT = new URL('../../authoring/tool.ts', import.meta.url).href

const facts = `title: 'A tool', description: 'A tool.', input: z.object({}), output: z.object({ word: z.string() }),
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false }, scopes: ['mcp:read']`

/** Says its word, which it must be given; keeps in `globalThis` what happened to it. */
const says = (name: string, variable: string) => `export default defineTool({ name: '${name}', ${facts},
  env: z.object({ ${variable}: z.string().regex(/^[a-z]+$/, 'write a word').optional() }),
  async open ({ ${variable}: word }, { dataDir }) {
    if (word === undefined) return undefined
    if (word === 'fails') throw new Error('no word')
    const life = globalThis.life ??= []
    life.push('${name} opened in ' + dataDir)
    return { run: async () => ({ word }), close: () => { life.push('${name} closed') } }
  } })`

const life = (): string[] => Reflect.get(globalThis, 'life') ?? []

async function folder (t: Test, files: Record<string, string>) {
  const place = await mkdtemp(join(tmpdir(), 'mcp-tools-'))
  t.teardown(() => rm(place, { recursive: true, force: true }))
  for (const [name, source] of Object.entries(files)) {
    await writeFile(
      join(place, name),
      `import { z } from ${JSON.stringify(ZOD)}\nimport { defineTool } from ${JSON.stringify(CONTRACT)}\n${source}`
    )
  }
  return { place, tools: pathToFileURL(`${place}/`) }
}

t.beforeEach(() => {
  Reflect.set(globalThis, 'life', [])
})

t.test('the server opens tools at its start and closes them with itself', async (t) => {
  const { place, tools } = await folder(t, { 'a.ts': says('first', 'FIRST_WORD') })
  const app = await buildApp(await loadConfig({ FIRST_WORD: 'hello', LOG_LEVEL: 'silent' }, place, [tools]), {
    offer: await loadOffer([tools])
  })
  t.same(
    app.tools.offered.map(({ name }) => name),
    ['first']
  )
  await app.close()
  t.same(life(), [`first opened in ${join(place, 'data')}`, 'first closed'])
})
