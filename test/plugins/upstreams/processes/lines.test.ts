// Output of a process becomes lines however it is cut into pieces, and a line
// that is too long costs no memory.
import t from 'tap'
import { createLineReader } from '../../../../plugins/upstreams/processes/lines.ts'
import fc from '../../../helpers/fast-check.ts'

const ODD = Buffer.from('odd')

function reader (maxBytes: number) {
  const lines: string[] = []
  const long: Array<[head: string, tail: string]> = []
  let [endless, blank, faults] = [0, 0, 0]
  const push = createLineReader(maxBytes, {
    onLine: (line) => {
      if (line.equals(ODD)) throw new SyntaxError('odd')
      lines.push(line.toString())
    },
    onBlank: () => {
      blank++
    },
    onLongLine: (head, tail) => {
      long.push([head.toString(), tail.toString()])
    },
    onEndless: () => {
      endless++
    },
    onFault: () => {
      faults++
    }
  })
  const feed = (text: string) => push(Buffer.from(text))
  return { feed, lines, long, blank: () => blank, endless: () => endless, faults: () => faults }
}

t.test('what cannot be read throws nothing at whoever reads (UH-45)', async (t) => {
  const { feed, lines, faults } = reader(8)
  feed(`a\n${ODD}\n`)
  t.equal(faults(), 1)
  t.same(lines, ['a'])
})

t.test('lines are the same in whatever pieces they arrive', async (t) => {
  const piece = fc.stringMatching(/^[ab\n\r]{0,9}$/)
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const { feed, lines, long, blank } = reader(8)
      for (const each of pieces) feed(each)
      const all = pieces.join('').split('\n').slice(0, -1)
      const read = all.filter((line) => line.length <= 8)
      t.same(lines, read.filter((line) => line !== '' && line !== '\r'))
      t.equal(long.length, all.length - read.length)
      t.equal(blank(), read.length - lines.length, 'blank lines are counted (PR-03)')
    })
  )
})

t.test('of a line that is too long both ends are kept (PR-05)', async (t) => {
  const { feed, lines, long } = reader(2_000)
  const text = `${'a'.repeat(600)}${'b'.repeat(2_000)}${'c'.repeat(600)}`
  for (const each of [...text, '\n']) feed(each)
  feed(`${text}\nshort\n`)
  const ends = ['a'.repeat(512), 'c'.repeat(512)]
  for (const [head, tail] of long) {
    t.equal(head.slice(0, 512), ends[0])
    t.equal(tail, ends[1])
    t.ok(head.length <= 512)
  }
  t.equal(long.length, 2)
  t.same(lines, ['short'])
})

t.test('a line that does not end is said to be none (PR-03)', async (t) => {
  const { feed, endless } = reader(100)
  for (let count = 0; count < 15; count++) feed('x'.repeat(100))
  t.equal(endless(), 0)
  feed('x'.repeat(200))
  t.equal(endless(), 1)
})
