// Names near a wrong one, for a model that corrects itself.
import t from 'tap'
import { didYouMean } from '../../../tools/database/nearest.ts'

t.test('the nearest three, and nothing where none is near', (t) => {
  t.equal(didYouMean('custmers', ['customers', 'orders']), ' Did you mean customers?')
  t.equal(didYouMean('NAME', ['name', 'names', 'nam', 'game']), ' Did you mean name, game or nam?')
  t.equal(didYouMean('x', ['customers']), '')
  t.equal(didYouMean('x'.repeat(100_000), ['customers']), '')
  t.end()
})
