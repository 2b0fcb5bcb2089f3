// The task of analyze tells data from text.
import t from 'tap'
import analyze from '../../../tools/analyze/task.ts'

t.test('data has columns, and everything else is a text', async (t) => {
  t.same(Object.keys(await analyze({ text: '1, 2, 3' })), ['columns'])
  t.same(Object.keys(await analyze({ text: 'One, two, three.' })), ['text'])
})
