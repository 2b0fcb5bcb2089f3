// Hot reload: a saved tool is loaded again with its helpers, and a broken one changes nothing.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { followTools } from '../../../authoring/loader/hot-reload.ts'
import { type Offer } from '../../../authoring/loader/load.ts'

const ZOD = JSON.stringify(import.meta.resolve('zod'))
const base = "title: 'T', description: 'D', scopes: ['mcp:read']"

const tool = (more: string) => `import { z } from ${ZOD}
export default { ${base}, input: z.object({}), annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false }, run: async () => {}, ${more} }`

async function place (t: Test, files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-offer-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  for (const [name, source] of Object.entries(files)) await writeFile(join(folder, name), source)
  return folder
}

t.test(
  'a tool that is saved is taken over with its helpers; one that is broken leaves those from before',
  async (t) => {
    const helped = (value: number) =>
      `import { value } from './value.ts'\n${tool("name: 'helped', title: 'title ' + value")} // ${value}`
    const folder = await place(t, { 'helped.ts': helped(0), 'value.ts': 'export const value = 1' })
    const offers: Offer[] = []
    const problems: string[] = []
    const stop = await followTools([pathToFileURL(folder)], {
      changed (offer) {
        offers.push(offer)
      },
      failed: ({ message }, file) => problems.push(`${file}: ${message}`)
    })
    t.teardown(stop)
    const until = async (list: unknown[], count: number) => {
      for (let waited = 0; list.length < count && waited < 5_000; waited += 20) await delay(20)
    }
    await writeFile(join(folder, 'value.ts'), 'export const value = 2')
    await until(offers, 1)
    t.match(offers.at(-1)!.tools, [{ name: 'helped', title: 'title 2' }])
    await writeFile(join(folder, 'more.ts'), tool("name: 'more'"))
    await until(offers, 2)
    t.strictSame(
      offers.at(-1)!.tools.map(({ name }) => name),
      ['helped', 'more']
    )
    await writeFile(join(folder, 'more.ts'), tool("name: 'helped'"))
    await until(problems, 1)
    t.match(problems, [/^more\.ts: These files cannot be served:\n.*the name "helped" is taken/])
    await rm(join(folder, 'more.ts'))
    await until(offers, 3)
    t.strictSame(
      offers.at(-1)!.tools.map(({ name }) => name),
      ['helped']
    )
  }
)
