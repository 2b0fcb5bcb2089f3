// Sentences and words of a text in any language, with their places.
import t from 'tap'
import { splitSentences, splitWords } from '../../../tools/analyze/sentences.ts'

t.test('sentences are quoted as they stand, with their places', (t) => {
  t.same(splitSentences(' One here.  Two there! '), [
    { sentence: 1, start: 1, text: 'One here.' },
    { sentence: 2, start: 12, text: 'Two there!' }
  ])
  t.same(splitSentences(' \n '), [])
  t.equal(splitSentences('月は海を引く。潮が起こる。').length, 2)
  t.end()
})

t.test('words are in lower case and without punctuation', (t) => {
  t.same(splitWords('Don’t stop, Ann-Marie: 3 times!'), ['don’t', 'stop', 'ann', 'marie', '3', 'times'])
  t.same(splitWords('… — !'), [])
  t.end()
})
