// The figures of a list of numbers agree with a plain calculation.
import fc from '../../helpers/fast-check.ts'
import t from 'tap'
import { readColumns, describeColumns } from '../../../tools/analyze/numbers.ts'

t.test('property: the figures of a list agree with a plain reckoning', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 100 }), (values) => {
      const [column] = describeColumns(readColumns(values.join(' '))!)
      const sum = values.reduce((total, value) => total + value, 0)
      if (
        column!.sum !== sum ||
        column!.min !== Math.min(...values) ||
        column!.max !== Math.max(...values) ||
        Math.abs(column!.mean - sum / values.length) > 1e-6
      ) { throw new Error(JSON.stringify(column)) }
    })
  )
  t.end()
})
