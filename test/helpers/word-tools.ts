// Folders of tools that say a word from their variables and note when they are opened and closed, for tests of the loader.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Test } from 'tap'

export const ZOD = import.meta.resolve('zod')

export const CONTRACT = new URL('../../authoring/tool.ts', import.meta.url).href

export const facts = `title: 'A tool', description: 'A tool.', input: z.object({}), output: z.object({ word: z.string() }),
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false }, scopes: ['mcp:read']`

/** Says its word, which it must be given; keeps in `globalThis` what happened to it. */
export const says = (name: string, variable: string) => `export default defineTool({ name: '${name}', ${facts},
  env: z.object({ ${variable}: z.string().regex(/^[a-z]+$/, 'write a word').optional() }),
  async open ({ ${variable}: word }, { dataDir }) {
    if (word === undefined) return undefined
    if (word === 'fails') throw new Error('no word')
    const life = globalThis.life ??= []
    life.push('${name} opened in ' + dataDir)
    return { run: async () => ({ word }), close: () => { life.push('${name} closed') } }
  } })`

export const life = (): string[] => Reflect.get(globalThis, 'life') ?? []

export async function folder (t: Test, files: Record<string, string>) {
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
