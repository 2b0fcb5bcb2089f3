// Whatever JSON an upstream answers with, its lists are read within bounds, and give names that fit.
import t from 'tap'
import type { ServerCapabilities } from '@modelcontextprotocol/client'
import type { Arbitrary } from 'fast-check'
import fc from '../../../helpers/fast-check.ts'
import { combine } from '../../../../plugins/upstreams/catalogue/combine.ts'
import { compare, logChanges } from '../../../../plugins/upstreams/catalogue/changes.ts'
import { readCatalogue } from '../../../../plugins/upstreams/catalogue/read.ts'
import { operatorLog, settingsOf } from './upstream.ts'

const capabilities: ServerCapabilities = { tools: {}, prompts: {}, resources: {} }
const json = fc.jsonValue({ maxDepth: 3 })
const name = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.constantFrom('__proto__', 'constructor', 'a', 'a.', 'a/', '\u001b[2J', '\ud800', ''),
  json
)
const schema = fc.oneof(
  json,
  fc.record(
    { type: fc.constant('object'), properties: json, required: json },
    { requiredKeys: ['type'] }
  )
)
/** Mostly what it should be, and sometimes anything. */
const mostly = <T>(arbitrary: Arbitrary<T>) =>
  fc.oneof({ weight: 5, arbitrary }, { weight: 1, arbitrary: json })

const entry = mostly(
  fc.record(
    {
      name,
      title: json,
      description: mostly(fc.string({ unit: 'binary' })),
      inputSchema: schema,
      outputSchema: schema,
      annotations: mostly(fc.record({ readOnlyHint: json, title: json })),
      icons: mostly(fc.array(fc.record({ src: name, sizes: json }))),
      arguments: mostly(fc.array(fc.record({ name }))),
      execution: json,
      uriTemplate: name,
      uri: name,
      _meta: json
    },
    { requiredKeys: ['name', 'inputSchema'] }
  )
)
const list = mostly(fc.array(entry, { maxLength: 6 }))
const answer = mostly(
  fc.record({
    tools: list,
    prompts: list,
    resources: list,
    resourceTemplates: list,
    nextCursor: json
  })
)

const read = (answers: unknown[], log: ReturnType<typeof operatorLog>) => {
  let asked = 0
  const ask = async () => {
    if (asked > 1_000) throw new Error('asked without an end')
    return answers[asked++ % answers.length] as Record<string, unknown>
  }
  const connection = {
    capabilities,
    protocolVersion: '',
    instructions: undefined,
    ask
  }
  return readCatalogue(connection, settingsOf({ prefix: '' }), log)
}

t.test('any answer is read within bounds, and never throws (UC-01, UC-02)', async (t) => {
  const plain = Object.getOwnPropertyNames(Object.prototype).length
  await fc.assert(
    fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 3 }), async (answers) => {
      const log = operatorLog()
      const one = await read(answers, log)
      const other = await read(answers.toReversed(), log)
      const { tools, prompts } = combine([one, other], { tools: [], prompts: [] }, log)
      for (const { name, listed } of [...tools, ...prompts]) {
        if (!/^[A-Za-z0-9_-]{1,64}$/.test(name) || name in {} || listed.name !== name) return false
      }
      if (new Set(tools.map(({ name }) => name)).size !== tools.length) return false
      logChanges(log, 'crm', await compare(one, other, 'crm', 0))
      return log.lines.every((line) => !/[\p{Cc}\p{Cs}]/u.test(line) && line.length < 5_000)
    }),
    { numRuns: 100 }
  )
  t.equal(Object.getOwnPropertyNames(Object.prototype).length, plain)
})
