// Events are read as the specification says, wherever the bytes are cut, and none is larger than its bound.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { EventReader, writeEvent } from '../../../../plugins/upstreams/http/events.ts'

/** In pieces of a few bytes. */
function read (text: string, size = text.length) {
  const bytes = Buffer.from(text)
  const reader = new EventReader(10_000)
  const events = []
  for (let at = 0; at < bytes.length; at += size) events.push(...reader.read(bytes.subarray(at, at + size)))
  return events.map(({ data, ...event }) => ({ ...event, data: data.toString() }))
}

const plain = { type: 'message', id: undefined, retry: undefined }
const tooLarge = { name: 'TooLargeEvent' }

t.test('an event has its fields, whatever ends a line and wherever the bytes are cut', async (t) => {
  const expected = [
    { ...plain, type: 'endpoint', data: '/messages' },
    { ...plain, id: 'ä7', retry: 250, data: '' },
    { ...plain, data: '{"a":\n1}' },
    { ...plain, data: 'x' }
  ]
  for (const end of ['\n', '\r', '\r\n']) {
    const text = ['\uFEFFevent: endpoint', 'data:/messages', '', 'id: ä7', 'retry: 250', 'data', '', ': still there', '',
      'data: {"a":', 'data: 1}', 'unknown: y', 'retry: soon', '', 'data: x', '', 'data: never ended', ''].join(end)
    for (const size of [1, 2, 3, 7, text.length * 2]) {
      t.same(read(text, size), expected, `${JSON.stringify(end)} ${size}`)
    }
  }
})

t.test('an event is bounded in bytes, lines and pieces; comments are not counted, and events start from zero (UH-04)', async (t) => {
  const reads = (...chunks: string[]) => () => {
    const reader = new EventReader(10_000)
    for (const chunk of chunks) reader.read(Buffer.from(chunk))
  }
  t.throws(reads(`data: ${'x'.repeat(10_000)}`), tooLarge)
  t.throws(reads('data:\n'.repeat(200)), tooLarge, 'lines cost memory as well')
  t.throws(reads(...Array<string>(200).fill('x')), tooLarge, 'and so do pieces')
  t.doesNotThrow(reads(': ping\n'.repeat(2_000)))
  t.doesNotThrow(reads(`data: ${'x'.repeat(5_000)}\n\n`.repeat(10)))
})

t.test('an id that fits no header is none: it would be kept as long as the stream (UH-07)', async (t) => {
  t.same(read(`id: ${'x'.repeat(1_024)}\ndata: a\n\nid: ${'x'.repeat(1_025)}\ndata: b\n\n`), [
    { ...plain, id: 'x'.repeat(1_024), data: 'a' },
    { ...plain, data: 'b' }
  ])
})

t.test('of bytes that are nearly all comments, an event keeps its own alone (UH-04)', async (t) => {
  const reader = new EventReader(100_000)
  const chunks: Array<WeakRef<ArrayBufferLike>> = []
  for (let chunk = 0; chunk < 20; chunk++) {
    const bytes = Buffer.allocUnsafeSlow(65_536).fill('x')
    bytes.write(`data: ${chunk}\n: `)
    bytes.write('\n', bytes.length - 1)
    reader.read(bytes)
    chunks.push(new WeakRef(bytes.buffer))
  }
  setFlagsFromString('--expose-gc')
  await new Promise(setImmediate)
  runInNewContext('gc')()
  t.ok(chunks.filter((chunk) => chunk.deref() !== undefined).length <= 1)
  const [event] = reader.read(Buffer.from('\n'))
  t.match(event!.data.toString(), /^0\n1\n[^]*19$/)
})

t.test('an event that is written again is read as the same', async (t) => {
  const events = [
    {
      type: 'message',
      id: undefined,
      retry: undefined,
      data: Buffer.from('{"a":1}')
    },
    { type: 'endpoint', id: '7', retry: 10, data: Buffer.from('two\nlines') }
  ]
  t.same(new EventReader(1_000).read(Buffer.concat(events.map(writeEvent))), events)
})

t.test('bytes are searched once, also where lines end with carriage returns alone (UH-04)', async (t) => {
  let searches = 0
  const chunk = Buffer.from('\r'.repeat(1_000))
  const search = chunk.indexOf.bind(chunk)
  const counted = Object.assign(chunk, {
    indexOf (...asked: Parameters<typeof search>) {
      searches++
      return search(...asked)
    }
  })
  const reader = new EventReader(10_000)
  reader.read(counted)
  t.ok(searches <= 2, String(searches))
  t.equal(reader.lines, 1_000)
})

t.test('an id with a NUL is none, as the specification says, and a pause is of up to nine digits', async (t) => {
  t.same(read('id: a\0b\ndata: x\n\nid: \0\ndata: y\n\nid: c\ndata: z\n\n'), [
    { ...plain, data: 'x' },
    { ...plain, data: 'y' },
    { ...plain, id: 'c', data: 'z' }
  ])
  for (const [written, retry] of [['0', 0],
    ['999999999', 999_999_999],
    ['1000000000', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['', undefined]] as const) {
    t.equal(
      read(`retry: ${written}\ndata: x\n\n`)[0]!.retry,
      retry,
      written
    )
  }
})
