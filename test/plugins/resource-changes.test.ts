// A change that cannot be announced is said, and
// nobody who made it is disturbed.
import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import t from 'tap'
import { EVERYBODY } from '../../plugins/access-rules/contract.ts'
import resourceChanges from '../../plugins/resource-changes.ts'
import { until } from '../helpers/until.ts'

t.test('what cannot be announced is one line of the log each', async (t) => {
  const lines: string[] = []
  const write = (line: string) => { lines.push(JSON.parse(line).msg) }
  const app = Fastify({ logger: { level: 'warn', stream: { write } } })
  t.teardown(() => app.close())
  type Told = (change: unknown) => void
  const told: Record<string, Told> = {}
  const follow = (name: string) => ({
    ready: Promise.resolve(),
    onChange: (listener: Told) => { told[name] = listener }
  })
  const announced: unknown[] = []
  const announce = async (changes: unknown[]) => {
    announced.push(changes)
    throw new Error('Redis is away')
  }
  const parts = {
    'access-rules': ['accessRules', { audienceOf: () => EVERYBODY }],
    library: ['library', follow('library')],
    notes: ['notes', follow('notes')],
    mcp: ['mcp', { announce }]
  } as const
  for (const [name, [key, part]] of Object.entries(parts)) {
    const plugin = async (app: FastifyInstance) => {
      app.decorate(key, part as never)
    }
    await app.register(fp(plugin, { name }))
  }
  await app.register(resourceChanges, { documentUri: (id: string) => `doc:${id}` })
  await until(async () => told['library'] !== undefined)
  told['library']!(['a.md'])
  told['notes']!({ user: 'ann', id: 'note:1', listed: false })
  t.ok(await until(async () => lines.length === 2))
  t.same(lines, [
    'a change of documents could not be announced',
    'a change of a note could not be announced'
  ])
  t.match(announced, [
    [{ kind: 'resources_list_changed', audiences: [EVERYBODY] }, { uri: 'doc:a.md' }],
    [{ uri: 'note:1', user: 'ann' }, { uri: 'doc:note:1', user: 'ann' }]
  ])
})
