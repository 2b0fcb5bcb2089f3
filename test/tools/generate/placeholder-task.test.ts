// Placeholder text: the same for the same seed.
import t from 'tap'
import placeholder from '../../../tools/generate/placeholder-task.ts'

t.test('as many paragraphs as asked for, and the same for the same seed', (t) => {
  const text = placeholder({ paragraphs: 3, seed: 7 })
  t.equal(text.split(/\n+/).length, 3)
  t.equal(placeholder({ paragraphs: 3, seed: 7 }), text)
  t.not(placeholder({ paragraphs: 3, seed: 8 }), text)
  t.end()
})
