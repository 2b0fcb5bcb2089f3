// The forms in which the words of a text are searched besides the words themselves.
import t from 'tap'
import { formsOf, ungroupNumbers } from '../../../plugins/search/forms.ts'

t.test('names are also their words, and words with a hyphen also one word', async (t) => {
  t.same(formsOf('getUserById'), ['get', 'user', 'by', 'id'])
  t.same(formsOf('parseHTMLDocument and HTML'), ['parse', 'html', 'document'])
  t.same(formsOf('wi-fi, Wi-Fi and UTF-8'), ['wifi', 'utf8'])
  t.same(formsOf('2024-01-02 state-of-the-art a--b'), [])
  t.same(formsOf('plain Words'), [])
})

t.test('numbers in groups are one number; versions, decimals below one and addresses are not', async (t) => {
  for (const number of ['5,000', '5.000', '5’000', '5\u00a0000']) t.equal(ungroupNumbers(number), '5000')
  t.equal(ungroupNumbers('(1,234,567)'), '(1234567)')
  t.same(formsOf('It costs 12,000.'), ['12000'])
  for (const text of ['v1.234', '0.125', '192.168.100.200', '1,2345', '1.234.5', '1,234.567', '20240,000']) t.equal(ungroupNumbers(text), text)
})

t.test('a very long word takes no longer than its length (SW-01)', async (t) => {
  t.same(formsOf('a'.repeat(200_000)), [])
  t.same(formsOf('1'.repeat(200_000)), [])
  t.same(formsOf('a-'.repeat(100_000)), [])
})
