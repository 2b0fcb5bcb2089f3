// Who × door × thing: with rules that a generator wrote, every door of two instances answers what the rules say, and nothing
// else. The rules are evaluated beside the server, from the same file.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { z } from 'zod'
import { definePrompt } from '../../authoring/prompt.ts'
import { defineResource } from '../../authoring/resource.ts'
import { defineTool } from '../../authoring/tool.ts'
import type { Rights, RuleFile } from '../../plugins/access-rules/contract.ts'
import { evaluate } from '../../plugins/access-rules/rights.ts'
import documentResource from '../../resources/documents.ts'
import fetchTool from '../../tools/fetch.ts'
import searchTool from '../../tools/search.ts'
import fc from '../helpers/fast-check.ts'
import { mcpClient, type McpClient } from '../helpers/mcp.ts'
import { person } from '../helpers/person.ts'
import { freePort } from '../helpers/ports.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { storageTest } from '../helpers/storages.ts'
import { until } from '../helpers/until.ts'

const about = { title: 'T', description: 'D', scopes: ['mcp:read' as const] }
const annotations = { readOnlyHint: true, destructiveHint: false, openWorldHint: false }
const named = ['a', 'a_1', 'a_2', 'b', 'b_1']
const tools = [...named.map((name) =>
  defineTool({ ...about, name, noauth: name.startsWith('b'), input: z.object({}), annotations, run: async () => {} })
), searchTool, fetchTool]
const prompts = named.map((name) => definePrompt({ ...about, name, arguments: z.object({}), write: async () => name }))
const resources = [
  ...named.map((name) => defineResource({ ...about, name, uri: `${name.replace('_', '-')}://all`, read: async () => name })),
  documentResource
]
const offer = { tools, prompts, resources } as never
const documents = Object.fromEntries(
  ['a.md', 'b.md', 'a/a.md', 'a/b.md', 'b/a.md', 'b/c/a.md'].map((id) => [id, `# Title ${id}\n\nThe walrus of ${id.replaceAll('/', ' ')}.`])
)
const ids = Object.keys(documents)

const PEOPLE = ['ann@example.com', 'bob@example.com', 'eve@elsewhere.example'] as const
const patterns = (texts: string[]) =>
  fc.option(fc.array(fc.tuple(fc.boolean(), fc.constantFrom(...texts)).map(([not, text]) => (not ? `!${text}` : text)), { maxLength: 3 }), { nil: undefined })
const things = patterns([...named, '*', 'a*', 'b_*'])
const rule = fc.record({
  who: fc.uniqueArray(fc.constantFrom('everyone', 'first', 'second', PEOPLE[1], '@example.com'), { minLength: 1, maxLength: 2 }),
  tools: fc.option(things.map((list) => list && [...list, 'search', 'fetch']), { nil: undefined }),
  prompts: things,
  resources: things.map((list) => list && [...list, 'document']),
  documents: patterns(['**', 'a/**', 'b/**', '*', '**/a.md', 'b/c/*'])
})
const ruleFile = fc.record({
  groups: fc.constant({ first: [PEOPLE[0]], second: ['@elsewhere.example', PEOPLE[1]] }),
  rules: fc.array(rule, { minLength: 1, maxLength: 8 })
})
/** Five files with forty rules together. */
const FILES = fc.sample(ruleFile, { seed: 11, numRuns: 40 }).reduce<RuleFile[]>(
  (files, file) => {
    const isFull = files.flatMap(({ rules }) => rules).length + file.rules.length > 40
    return isFull ? files : [...files, JSON.parse(JSON.stringify(file)) as RuleFile]
  },
  []
)

const list = async (client: McpClient, method: string, of: string): Promise<string[]> =>
  (((await client.modern(method)).json.result ?? { [of]: [] })[of] as Array<{ name: string }>).map(({ name }) => name)

const answers = async (client: McpClient, method: string, params: object): Promise<boolean> => {
  const [legacy, modern] = [await client.legacy(method, params), await client.modern(method, params)]
  const isAnswered = ({ status, json }: typeof legacy) => status === 200 && json.result !== undefined && !json.result.isError
  if (isAnswered(legacy) !== isAnswered(modern)) throw new Error(`the eras differ: ${method} ${JSON.stringify(params)}`)
  return isAnswered(legacy)
}

/** What a client finds at each door. */
async function look (client: McpClient, isStranger: boolean) {
  const open = async (names: string[], method: string, paramsOf: (name: string) => object) => {
    const found: string[] = []
    for (const name of names) if (await answers(client, method, paramsOf(name))) found.push(name)
    return found
  }
  const all = {
    'tools listed': (await list(client, 'tools/list', 'tools')).filter((name) => named.includes(name)).sort(),
    'tools called': await open(isStranger ? named.filter((name) => name.startsWith('b')) : named, 'tools/call', (name) => ({ name, arguments: {} }))
  }
  if (isStranger) return all
  return {
    ...all,
    'prompts listed': (await list(client, 'prompts/list', 'prompts')).sort(),
    'prompts got': await open(named, 'prompts/get', (name) => ({ name })),
    'resources listed': (await list(client, 'resources/list', 'resources')).sort(),
    'resources read': await open(named, 'resources/read', (name) => ({ uri: `${name.replace('_', '-')}://all` })),
    'documents read': await open(ids, 'resources/read', (id) => ({ uri: `library://documents/${id}` })),
    'documents fetched': await open(ids, 'tools/call', (id) => ({ name: 'fetch', arguments: { id } }))
  }
}

/** What the rules say that it finds. */
function expect (rights: Rights, isStranger: boolean) {
  const may = (kind: 'tools' | 'prompts', name: string) => rights.may(kind, name)
  const hasResource = (name: string) => rights.may('resources', name, `${name.replace('_', '-')}://all`)
  const seen = ids.filter((id) => rights.documents.may(id))
  const hasDocuments = rights.may('resources', 'document', documentResource.uri)
  const all = {
    'tools listed': named.filter((name) => may('tools', name)),
    'tools called': named.filter((name) => may('tools', name) && (!isStranger || name.startsWith('b')))
  }
  // Without any open tool there is nothing for a stranger.
  if (isStranger) return all['tools called'].length === 0 ? { 'tools listed': [], 'tools called': [] } : all
  return {
    ...all,
    'prompts listed': named.filter((name) => may('prompts', name)),
    'prompts got': named.filter((name) => may('prompts', name)),
    'resources listed': [...named.filter(hasResource), ...(hasDocuments ? seen : [])].sort(),
    'resources read': named.filter(hasResource),
    'documents read': hasDocuments ? seen : [],
    'documents fetched': may('tools', 'fetch') ? seen : []
  }
}

async function startTwo (t: Test, start: (options?: object) => Promise<TestServer>, path: string) {
  const env = { ACCESS: path, PUBLIC_URL: `http://localhost:${await freePort()}`, SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A' }
  const first = await start({ offer, documents, env })
  const shared = { DATA_DIR: first.dataDir, DOCS_DIR: first.docsDir, ...(first.config.redisUrl && { REDIS_URL: first.config.redisUrl }) }
  return [first, await startServer(t, { offer, documents, env: { ...env, ...shared } })] as const
}

storageTest('what happens at each door is what the rules say (RU-03, RU-05)', async (t, start) => {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-matrix-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'access.json')
  await writeFile(path, JSON.stringify(FILES[0]))
  const servers = await startTwo(t, start, path)
  const people = [
    ...(await Promise.all(PEOPLE.map(async (email) => ({ email, token: (await person(servers[0], email)).token as string | undefined })))),
    { email: undefined, token: undefined }
  ]
  // Rules are no matter of storage: on Redis one change of them is enough.
  const files = servers[0].config.redisUrl === undefined ? FILES : FILES.slice(0, 2)
  for (const [index, file] of files.entries()) {
    await writeFile(path, JSON.stringify(file))
    // Both instances read the file in the same way: after the first change each answers for every other one.
    const asked = index < 2 ? servers : [servers[index % 2]!]
    const { rightsOf } = evaluate(file, 'beside')
    for (const { email, token } of people) {
      const isStranger = email === undefined
      const wanted = expect(rightsOf(isStranger ? null : { email }), isStranger)
      for (const { url } of asked) t.same(await look(mcpClient(url, token), isStranger), wanted, `rules ${index}, ${email ?? 'a stranger'}`)
      if (isStranger || wanted['tools called'].length === 0) continue
      const found = async (url: string) => {
        const { json } = await mcpClient(url, token).legacy('tools/call', { name: 'search', arguments: { query: 'walrus' } })
        return json.result?.isError === false || json.result?.structuredContent
          ? (json.result.structuredContent.results as Array<{ id: string }>).map(({ id }) => id).sort()
          : []
      }
      const seen = rightsOf({ email }).may('tools', 'search') ? ids.filter((id) => rightsOf({ email }).documents.may(id)).sort() : []
      for (const { url } of asked) {
        t.ok((await found(url)).every((id) => seen.includes(id)), 'at once nothing is found that is hidden')
        // Documents move between indexes after a change.
        await until(async () => JSON.stringify(await found(url)) === JSON.stringify(seen))
      }
    }
  }
})
