// The validator of generated data.
import t from 'tap'
import { compile, describeMisfit } from '../../../tools/generate/validator.ts'

t.test('data fits or is said to misfit, whatever draft the schema names', (t) => {
  const fits = compile({ $schema: 'http://json-schema.org/draft-07/schema#', type: 'array', items: { type: 'number' } })
  t.ok(fits([1]))
  t.notOk(fits(['a']))
  t.equal(describeMisfit(fits), '/0 must be number')
  t.throws(() => compile({ type: 'nothing' }), { name: 'ToolError', message: /no valid JSON Schema/ })
  t.end()
})
