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

t.test('an answer of a model that is too long is not read (BW-40)', (t) => {
  const text = `[[${'[],'.repeat(70_000)}0]]`
  t.match(check({ count: 1, text }), { problem: /longer than 200000 characters/ })
  t.match(check({ count: 1, text: '[[0]]' }), { data: [[0]] })
  t.end()
})
