// Words as the full-text engines know them: without accents and endings.
import t from 'tap'
import { fold, stem } from '../../../plugins/search/stem.ts'

t.test('accents of European letters go, other marks stay', async (t) => {
  t.equal(fold('Éclair naïve'), 'Eclair naive')
  t.equal(fold('हिन्दी'), 'हिन्दी')
})

t.test('English words lose their ending, others stay, and a long one is cut', async (t) => {
  t.same(['nesting', 'nests', 'q0ing', 'été'].map(stem), ['nest', 'nest', 'q0ing', 'été'])
  t.equal(stem('x'.repeat(300)).length, 100)
})
