// Cursors of lists in pages: what this server made is read back, and anything else is no place.
import t from 'tap'
import { decodeCursor, encodeCursor } from '../../plugins/cursor.ts'

t.test('a cursor is read back, and what is none is an empty place', async (t) => {
  for (const place of [[], [0, null], [1_700_000_000_000.5, 'ä€😀'], [{ a: 1 }], [9, '\u0001'.repeat(4_096)]]) t.strictSame(decodeCursor(encodeCursor(place)), place)
  const encoded = (text: string) => Buffer.from(text).toString('base64url')
  for (const cursor of ['', '!', encoded('{'), encoded('{}'), encoded('1'), encoded('null'), encodeCursor(['x'.repeat(25_000)])]) {
    t.strictSame(decodeCursor(cursor), [], cursor.slice(0, 20))
  }
})
