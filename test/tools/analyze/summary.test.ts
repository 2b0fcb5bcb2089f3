// Summaries: each sentence stands in the text at its place, in order, once.
import fc from '../../helpers/fast-check.ts'
import t from 'tap'
import { splitSentences } from '../../../tools/analyze/sentences.ts'
import { summarize } from '../../../tools/analyze/summary.ts'

t.test('property: each sentence of a summary stands in the text at its place, in order, once', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.lorem({ maxCount: 6 }), fc.string({ unit: 'grapheme', maxLength: 40 })), { maxLength: 30 }),
      fc.integer({ min: 1, max: 20 }),
      (parts, count) => {
        const text = parts.join('. ')
        const { sentences, of } = summarize(splitSentences(text), count)
        if (sentences.length !== Math.min(count, of)) throw new Error('too few')
        sentences.forEach(({ start, text: quoted }, index) => {
          if (text.slice(start, start + quoted.length) !== quoted) throw new Error('not in the text')
          if (index > 0 && start <= sentences[index - 1]!.start) throw new Error('not in order')
        })
      }
    )
  )
  t.end()
})
