// The estimate of a password: no more than its beginning, and length alone is no strength (threat WK-05).
import t from 'tap'
import { strengthProblem } from '../../auth-backends/password-strength.ts'

t.test('however long a password is, no more than its beginning is estimated (WK-05)', async (t) => {
  const beginning = 'summer2024summer2024 summer'.slice(0, 25)
  t.same(await strengthProblem(beginning + 'k7#xQ'.repeat(20), []), await strengthProblem(beginning, []))
  t.same(
    await strengthProblem('0123456789'.repeat(12), []), { key: 'sign-up.patternPassword' },
    'length alone is no strength'
  )
  t.equal(await strengthProblem('Copper kettle on a tram', []), undefined)
})

t.test('what is said names the weakness, and is a message', async (t) => {
  for (const [password, key] of [
    ['qwertyuiop', 'commonPassword'],
    ['19.04.1987', 'datePassword'],
    ['kettleworth', 'personalPassword'],
    ['kx9q', 'weakPassword']
  ] as const) t.same(await strengthProblem(password, ['kettleworth']), { key: `sign-up.${key}` }, password)
})
