// The rules for new passwords: what is too short, too common or made of the address.
import t from 'tap'
import { passwordProblem } from '../../auth-backends/password-rules.ts'

t.test('password rules', async (t) => {
  const email = 'ann.smith@example.com'
  for (const weak of [
    'ababababab',
    'abcdefgh',
    '987654321',
    'letmein123',
    'Qwertyuiop1',
    '1q2w3e4r',
    'pa$$word2026',
    'welcome!!!',
    'ann.smith@example.com',
    'Ann.Smith99',
    'iloveyou1',
    'correct horse battery staple'
  ]) {
    t.match(passwordProblem(weak, email), { key: String }, weak)
  }
  for (const good of [
    'Copper kettle on a tram',
    'tr4m-kettle',
    'ann.smith and a green tram',
    'пароль для трамвая',
    'x7#kPq2m'
  ]) {
    t.equal(passwordProblem(good, email), undefined, good)
  }
})
