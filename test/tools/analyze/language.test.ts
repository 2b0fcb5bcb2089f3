// A text of any script is counted; how hard it is to read is told of English only.
import t from 'tap'
import { describeText } from '../../../tools/analyze/language.ts'

t.test('a text is counted', (t) => {
  t.match(describeText('It rained. It stopped.\n\nThe sun came out.'), { words: 8, sentences: 3, paragraphs: 2 })
  t.match(describeText(' '), { words: 0, sentences: 0, paragraphs: 0, wordsPerSentence: 0, readingEase: null })
  t.end()
})

t.test('every figure is a number in every script, and the reading time is that of the words', (t) => {
  for (const text of ['你好世界。今天天气很好。', 'שלום עולם', 'нет', '!!!', '−1 −2 −3 and', 'สวัสดีครับ', '🙂', 'ok']) {
    const { readingEase, ...figures } = describeText(text)
    t.ok(Object.values(figures).every(Number.isFinite), text)
    t.equal(readingEase, null)
  }
  t.equal(describeText('слово '.repeat(476)).readingMinutes, 2)
  t.equal(describeText('字'.repeat(256)).readingMinutes, 1)
  t.match(describeText('The cat sat on the mat, and it was happy to be at home with all of us.').readingEase, Number)
  t.end()
})
