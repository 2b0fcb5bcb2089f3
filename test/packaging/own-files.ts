// What an author writes in a project of their own: the examples of the guides, a backend and a source. Called by
// test/packaging/tarball.test.ts.
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { signInWith, v2Dialects } from '../helpers/sdk-client.ts'
import { place, project, ROOT, start, writeFiles } from './project.ts'

/** As "What a file imports" of docs/your-own-project.md says. */
const inOwnProject = (source: string): string =>
  source
    .replaceAll(/from '(?:zod|\.\.?\/authoring\/\w+\.ts)'/g, "from '@mcp-oauth-server/server'")
    .replaceAll(/from '\.\.?\/auth-backends\/contract\.ts'/g, "from '@mcp-oauth-server/server/backends'")

async function examples (): Promise<Array<{ file: string; source: string }>> {
  // Those of the Fastify plugin are an application of several files, which test/fastify/ runs.
  const guides = (await readdir(join(ROOT, 'docs'))).filter((name) => name !== 'fastify-plugin.md').map((name) => `docs/${name}`)
  const found = []
  for (const file of ['README.md', ...guides]) {
    for (const [, source] of (await readFile(join(ROOT, file), 'utf8')).matchAll(/```ts\n([\s\S]*?)```/g)) found.push({ file, source: source! })
  }
  // Some show only what a file contains among other things, and some are programs that call a server.
  const isOfServer = (source: string) => !source.includes("from '@modelcontextprotocol/client'")
  return found.filter(({ source }) => isOfServer(source) && !source.includes('…') && (!/\brun \(/.test(source) || source.includes('export default')))
}

/** @returns each example as a file of a project, by a path of its own. */
export async function exampleFiles (): Promise<Record<string, string>> {
  const found = await examples()
  return Object.fromEntries(found.map(({ file, source }, index) => [
    `examples/${index}-${file.replaceAll(/\W/g, '-')}.ts`, inOwnProject(source)
  ]))
}

const SOURCE = `import { defineSource } from '@mcp-oauth-server/server'

export default defineSource({
  name: 'shops',
  search: async (query, { user, limit }) =>
    query.includes('opening hours') ? [{ id: 'porto', title: 'Shop in Porto', snippet: \`for \${user?.name}\` }].slice(0, limit) : [],
  fetch: async (id) => (id === 'porto' ? { title: 'Shop in Porto', text: 'Opens at nine.' } : undefined)
})
`

/** The README's backend, and a source. */
export async function ownFiles (): Promise<Record<string, string>> {
  const [backend] = (await examples()).filter(({ file }) => file === 'README.md')
  return { 'my-backend.ts': inOwnProject(backend!.source), 'sources/shops.ts': SOURCE }
}

/** The backend signs in, and search and fetch cover the source. */
export async function ownBackendAndSource (t: Test): Promise<void> {
  await writeFiles(await ownFiles())
  const { url } = await start(t, {
    DATA_DIR: join(place, 'own'),
    AUTH_BACKEND: './my-backend.ts',
    MY_PASSWORD: 'eleven quiet otters'
  })
  const signedIn = await signInWith(url, v2Dialects[0], (browser, login) =>
    browser.submit(login, ({ fields }) => 'password' in fields, { identifier: 'ann', email: 'ann', password: 'eleven quiet otters' }))
  const client = await signedIn.connect()
  const found = await client.callTool({ name: 'search', arguments: { query: 'opening hours' } })
  const [hit] = (found.structuredContent as { results: Array<{ id: string }> }).results
  t.match(hit, { id: /porto/, title: 'Shop in Porto' })
  t.match(await client.callTool({ name: 'fetch', arguments: { id: hit!.id } }), { structuredContent: { text: 'Opens at nine.' } })
  await client.close()
  await rm(join(project, 'sources'), { recursive: true })
  await rm(join(project, 'my-backend.ts'))
}

/** A tool that is exported by name only is no tool; .js and .mjs files are as good as .ts. */
export async function otherFiles (t: Test): Promise<void> {
  t.teardown(async () => {
    for (const name of ['plain.js', 'module.mjs', 'named.ts']) await rm(join(project, 'tools', name), { force: true })
  })
  const tool = (name: string) => `import { defineTool, z } from '@mcp-oauth-server/server'
const tool = defineTool({
  name: '${name}', title: 'X', description: 'Says x.', input: z.object({}), output: z.object({ x: z.string() }), scopes: ['mcp:read'],
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false }, run: async () => ({ x: '${name}' })
})
`
  await writeFiles({ 'tools/plain.js': `${tool('plain')}export default tool\n`, 'tools/module.mjs': `${tool('module')}export default tool\n` })
  const served = await start(t, { DATA_DIR: join(place, 'files'), AUTH_BACKEND: 'none' })
  for (const name of ['plain', 'module']) t.match(served.output(), new RegExp(`^ +${name} \\(tools/${name}\\.m?js\\)$`, 'm'))
  t.match(served.output(), /Tools +.*\bcalculate\b.* \(built-in\)\n(?: .*\n)* +roll_dice \(tools\/roll-dice\.ts\)\n/)
  await served.stop()
  await writeFiles({ 'tools/named.ts': tool('named').replace('const tool', 'export const named') })
  await t.rejects(start(t, { DATA_DIR: join(place, 'files'), AUTH_BACKEND: 'none' }), {
    message: /named\.ts: it exports named by name only, so it is not offered; write: export default named/
  })
}
