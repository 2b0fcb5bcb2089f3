// Work is bounded on Postgres as well: what the server does with the texts that a search finds delays no one else.
import t from 'tap'
import { noPostgres, startPostgres } from '../helpers/postgres.ts'
import { mcpClient } from '../helpers/mcp.ts'
import { startMeasured } from '../helpers/measured-server.ts'

const MAX_BLOCK_MS = 100
const postgres = await startPostgres()
t.teardown(() => postgres?.stop())

/** Each word is short, different, and has to be stemmed. */
const dense = (characters: number, end: string): string =>
  `${Array.from({ length: characters / 3 }, (_, index) => 'éàüöñç'[index % 6]! + 'abcdefg'[index % 7]!).join(' ')}\n${end}`.slice(-characters)

t.test('a search over long documents and notes in Postgres delays no one (BW-09)', { skip: postgres ? false : noPostgres }, async (t) => {
  const words = Array.from({ length: 31 }, (_, index) => `quokka${String.fromCharCode(97 + (index % 26))}x${'aeiou'[index % 5]}`).join(' ')
  const documents = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`${index}.md`, `# D${index}\n\n${dense(49_000, words)}`]))
  const server = await startMeasured(t, { env: { AUTH_BACKEND: 'none', DATABASE_URL: await postgres!.newDatabase() }, documents })
  const mcp = mcpClient(server.url)
  const call = (name: string, args: object) => mcp.modern('tools/call', { name, arguments: args })
  for (let index = 0; index < 11; index++) await call('write', { title: `n${index}`, text: dense(39_900, words) })
  const search = async () => t.match((await call('search', { query: words })).json, { result: { structuredContent: { results: { length: 10 } } } })
  await search()
  const { blockMs } = await server.measure(search, ({ blockMs }) => blockMs > MAX_BLOCK_MS)
  t.ok(blockMs <= MAX_BLOCK_MS, `${Math.round(blockMs)} ms`)
})
