// The examples of the README and of the guides to backends and Supabase, run as they are printed.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import type { Tool } from '../../authoring/tool.ts'
import { loadOffer } from '../../authoring/loader/load.ts'
import { loadConfig } from '../../config/index.ts'

const ROOT = new URL('../..', import.meta.url).pathname
const read = (file: string) => readFile(join(ROOT, file), 'utf8')
const readme = await read('README.md')

t.test('the examples of the README and of the guide to backends work as printed', async (t) => {
  const [backend, tool] = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, source]) => source!)
  const place = await folder(t)
  await writeFile(join(place, 'roll-dice.ts'), placed(tool!))
  const [rollDice] = (await loadOffer([pathToFileURL(place)])).tools as Tool[]
  t.match(await rollDice!.run(rollDice!.input.parse({ dice: 3 }), {} as never), { shows: [Number, Number, Number] })

  const onBehalfOf = /```ts\n([\s\S]*?)```/.exec(await read('docs/supabase.md'))![1]!
  const others = await folder(t)
  await writeFile(join(others, 'my-orders.ts'), placed(onBehalfOf))
  const [myOrders] = (await loadOffer([pathToFileURL(others)])).tools as Tool[]
  const asked = { data: [{ id: '1', item: 'bread' }], error: null }
  const client = { from: () => ({ select: () => ({ abortSignal: async () => asked }) }) }
  t.same(await myOrders!.run({}, { supabase: async () => client } as never), { orders: asked.data })

  const guide = /```ts\n([\s\S]*?)```/.exec(await read('docs/adding-a-backend.md'))![1]!
  await writeFile(join(place, 'my-backend.ts'), placed(backend!))
  await writeFile(join(place, 'directory.ts'), placed(guide))
  await t.rejects(loadConfig({ AUTH_BACKEND: './my-backend.ts,./directory.ts', MY_PASSWORD: 'short' }, place), {
    message: /MY_PASSWORD: write at least 12 characters[\s\S]*DIRECTORY_URL/
  })
  const { backends } = await loadConfig(
    {
      AUTH_BACKEND: './my-backend.ts,./directory.ts',
      MY_PASSWORD: 'eleven quiet otters',
      DIRECTORY_URL: 'http://127.0.0.1:9/',
      DIRECTORY_KEY: 'a key'
    },
    place
  )
  const [mine, directory] = await Promise.all(backends.map(({ open }) => open({} as never)))
  t.match(await mine!.password!.verify({ identifier: 'ann', password: 'eleven quiet otters' }), { subject: 'ann' })
  t.equal(await mine!.password!.verify({ identifier: 'ann', password: 'wrong' }), null)
  await t.rejects(directory!.password!.verify({ identifier: 'ann@example.com', password: 'wrong' }), {
    name: 'BackendUnavailable'
  })
})

async function folder (t: Test): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), 'docs-'))
  t.teardown(() => rm(place, { recursive: true, force: true }))
  return place
}

/** An example as it runs in a folder of its own: its imports lead here. */
const placed = (source: string): string =>
  source
    .replace("from '@mcp-oauth-server/server'", `from ${JSON.stringify(new URL('../../authoring/index.ts', import.meta.url).href)}`)
    .replace("from 'zod'", `from ${JSON.stringify(import.meta.resolve('zod'))}`)
    .replace(
      /from '\.\.?\/(auth-backends\/contract|authoring\/tool)\.ts'/,
      (_, name) => `from ${JSON.stringify(new URL(`../../${name}.ts`, import.meta.url).href)}`
    )
