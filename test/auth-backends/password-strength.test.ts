// The estimate of a password: no more than its beginning, and length alone is no strength (threat WK-05).
import t from 'tap'
import { strengthProblem } from '../../auth-backends/password-strength.ts'

t.test('however long a password is, no more than its beginning is estimated (WK-05)', async (t) => {
  const beginning = 'summer2024summer2024 summer'.slice(0, 25)
  t.equal(await strengthProblem(beginning + 'k7#xQ'.repeat(20), []), await strengthProblem(beginning, []))
  t.match(await strengthProblem('0123456789'.repeat(12), []), /too easy/, 'length alone is no strength')
  t.equal(await strengthProblem('Copper kettle on a tram', []), undefined)
})
