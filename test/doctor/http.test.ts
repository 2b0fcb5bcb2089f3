// Why a request failed, in plain words.
import t from 'tap'
import { objectOf } from '../../doctor/http.ts'

t.test('only a JSON object counts as one', async (t) => {
  t.same(objectOf('{"a":1}'), { a: 1 })
  for (const text of ['', '[1]', '"a"', 'null', '{']) t.equal(objectOf(text), undefined, text)
})
