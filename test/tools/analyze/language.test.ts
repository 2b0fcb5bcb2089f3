// Sentiment and readability, for English only.
import t from 'tap'
import { describeText, readSentiment } from '../../../tools/analyze/language.ts'

t.test('sentiment has a sign, and another language is refused', (t) => {
  t.match(readSentiment('I love this wonderful day.'), { label: 'positive', strongest: [{ sentence: 1 }] })
  t.match(readSentiment('The table is made of wood.'), { label: 'neutral', score: 0, strongest: [] })
  t.throws(() => readSentiment('Das Wetter ist heute wieder wunderbar, und wir gehen alle zusammen hinaus.'), {
    name: 'ToolError',
    message: /English only/
  })
  t.end()
})

t.test('a text is counted', (t) => {
  t.match(describeText('It rained. It stopped.\n\nThe sun came out.'), { words: 8, sentences: 3, paragraphs: 2 })
  t.match(describeText(' '), { words: 0, sentences: 0, paragraphs: 0, wordsPerSentence: 0, readingEase: null })
  t.end()
})
