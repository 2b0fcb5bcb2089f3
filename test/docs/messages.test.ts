// What the guides quote of the log and of the answers that a model reads stands in the code: an operator searches for it.
import { readFile } from 'node:fs/promises'
import t from 'tap'
import manifest from '../../package.json' with { type: 'json' }
import { eventNames } from '../../plugins/observability/audit/contract.ts'
import { identityMeta } from '../../plugins/upstreams/identity-meta.ts'
import { describeCaller } from '../../plugins/upstreams/processes/launch.ts'
import { readSources } from '../helpers/sources.ts'

const ROOT = new URL('../../', import.meta.url)
const read = (file: string) => readFile(new URL(file, ROOT), 'utf8')
const sources = (await readSources()).filter(({ file }) => !file.startsWith('test/'))
const code = sources.map(({ text }) => text).join('\n')

/** First cells of the table with this heading. */
function firstCells (text: string, heading: string): string[] {
  const [, table] = text.split(`| ${heading} |`) as [string, string]
  return table.split('\n\n')[0]!.split('\n').slice(2).map((row) => row.split(' | ')[0]!.replace(/^\| /, ''))
}

t.test('the log has the messages that the table of operations.md explains', async (t) => {
  const cells = firstCells(await read('docs/operations.md'), 'message | what it means')
  const messages = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, message]) => message!))
  t.ok(messages.length > 10)
  for (const message of messages) for (const part of message.split('…')) t.ok(code.includes(part.trim()), message)
})

t.test('operations.md has every event of the audit log', async (t) => {
  const text = await read('docs/operations.md')
  for (const name of eventNames) t.match(text, `\`${name}\``, name)
})

t.test('a tool of an existing server says what the table of errors.md has', async (t) => {
  const cells = firstCells(await read('docs/errors.md'), 'the model reads: NAME … | what the operator looks at')
  t.ok(cells.length > 5)
  for (const cell of cells) t.ok(code.includes(cell), cell)
})

t.test('a program finds its caller under the names that the guide has', async (t) => {
  const guide = await read('docs/identity-at-the-upstream.md')
  const caller = { id: 'u', email: 'ann@example.com', name: 'Ann', groups: ['sales'], clientId: 'app' }
  for (const name of Object.keys(describeCaller(caller))) t.match(guide, `| \`${name}\` |`, name)
  const [[key, facts] = []] = Object.entries(identityMeta(caller))
  t.match(guide, `\`${key}\``)
  const [, example] = /```json\n([\s\S]*?)```/.exec(guide)!
  t.same(Object.keys(facts as object), Object.keys(JSON.parse(example!)))
})

t.test('CONTRIBUTING says what every package is for', async (t) => {
  const text = await read('CONTRIBUTING.md')
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) t.match(text, `\`${name}\``, name)
})

t.test('operations.md has every metric there is, and no other', async (t) => {
  const named = (pattern: RegExp, text: string) => [...new Set([...text.matchAll(pattern)].map(([name]) => name))].sort()
  const observed = sources.filter(({ file }) => file.startsWith('plugins/observability/')).map(({ text }) => text).join('\n')
  t.same(named(/\bmcp_[a-z_]+/g, await read('docs/operations.md')), named(/(?<=')mcp_[a-z_]+(?=')/g, observed))
})
