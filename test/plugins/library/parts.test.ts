// How a long text is cut into parts.
import t from 'tap'
import { partId, PART_BYTES, splitText } from '../../../plugins/library/parts.ts'

t.test('parts join to the text, fit, and are cut between lines where there are any', (t) => {
  const texts = [
    '',
    'short',
    'x'.repeat(PART_BYTES),
    'x'.repeat(PART_BYTES + 1),
    '🙂'.repeat(50_000),
    'ä'.repeat(90_001),
    '漢'.repeat(60_000),
    'line\n'.repeat(40_000),
    '\n'.repeat(200_000),
    `${'y'.repeat(PART_BYTES - 10)}\n${'z'.repeat(PART_BYTES)}`
  ]
  for (const text of texts) {
    const parts = splitText(text)
    t.equal(parts.join(''), text)
    t.ok(
      parts.every((part) => Buffer.byteLength(part) <= PART_BYTES && part.isWellFormed()),
      `${parts.length} parts`
    )
    t.ok(parts.length <= Math.max(1, Math.ceil(Buffer.byteLength(text) / (PART_BYTES * 0.9))))
  }
  t.ok(splitText('line\n'.repeat(40_000)).every((part) => part.endsWith('\n')))
  t.same([partId('a.md', 1), partId('a.md', 2)], ['a.md', 'a.md#part=2'])
  t.end()
})
