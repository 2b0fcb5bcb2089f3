// The check of a model's data: as many values as asked for, each of which fits.
import t from 'tap'
import check from '../../../tools/generate/check-task.ts'

t.test('data that fits is returned, and anything else is a problem in words', (t) => {
  const schema = { type: 'integer' }
  t.same(check({ schema, count: 2, text: '[1, 2]' }), { data: [1, 2] })
  for (const text of ['I cannot', '{}', '[1]', '["a", 2]']) {
    t.match(check({ schema, count: 2, text }), { problem: /\S/ }, text)
  }
  t.end()
})
