// The cursor of a list of notes: what list_notes returned leads on, anything else is refused.
import t from 'tap'
import { cursorOf, placeOf } from '../../../plugins/notes/cursor.ts'

t.test('a cursor comes back as the position it was made of', async (t) => {
  t.same(placeOf(cursorOf({ modified: 1.5, id: 'a' })), { modified: 1.5, id: 'a' })
})

t.test('anything else is refused', async (t) => {
  for (const value of ['', '{}', '[1]', '["1","a"]', '[1,"a\\u0000"]', 'null']) {
    t.throws(() => placeOf(Buffer.from(value).toString('base64url')), { code: 'invalid', message: /not one that list_notes returned/ }, value)
  }
})
