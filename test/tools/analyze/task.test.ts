// The task of analyze: each kind adds its own member to the result.
import t from 'tap'
import analyze from '../../../tools/analyze/task.ts'

t.test('each kind has its member, and statistics tell numbers from text', async (t) => {
  const of = async (kind: 'sentiment' | 'summary' | 'statistics', text: string) =>
    Object.keys(await analyze({ kind, text, sentences: 1 }))
  t.same(await of('summary', 'One here. Two there.'), ['summary'])
  t.same(await of('sentiment', 'I love it.'), ['sentiment'])
  t.same(await of('statistics', '1, 2, 3'), ['columns'])
  t.same(await of('statistics', 'One, two, three.'), ['text'])
})
