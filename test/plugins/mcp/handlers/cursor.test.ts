// Places in several lists, one behind the other.
import t from 'tap'
import { readCursor, writeCursor } from '../../../../plugins/mcp/handlers/cursor.ts'
import { encodeCursor } from '../../../../plugins/cursor.ts'

t.test('a place is read back, and any other cursor is -32602', async (t) => {
  for (const place of [{ list: 0 }, { list: 1, cursor: '' }, { list: 1, cursor: 'x' }]) {
    t.strictSame(readCursor(writeCursor(place), 2), place)
  }
  for (const place of [[], [0], [2, null], [-1, null], [0.5, null], ['0', null], [0, 1], [0, null, 1]]) {
    t.throws(() => readCursor(encodeCursor(place), 2), { code: -32602, message: /no such page/ }, JSON.stringify(place))
  }
})
