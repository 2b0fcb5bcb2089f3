// What an address and a name of a new account must look like.
import t from 'tap'
import { addressProblem, nameProblem } from '../../auth-backends/sign-up-rules.ts'

t.test('addresses', (t) => {
  for (const good of ['ann@example.com', 'ann.b+c@mail.example.org']) t.equal(addressProblem(good), undefined, good)
  for (const bad of ['', 'ann', 'ann@', '@example.com', 'a b@example.com', `${'x'.repeat(250)}@example.com`]) {
    t.type(addressProblem(bad), 'object', bad.slice(0, 20))
  }
  t.end()
})

t.test('names', (t) => {
  t.equal(nameProblem('Ann Ångström 李'), undefined)
  for (const bad of ['x'.repeat(101), 'a\u202eb', 'a\nb', 'a\0b']) t.type(nameProblem(bad), 'object')
  t.end()
})
