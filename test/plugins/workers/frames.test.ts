// Frames on the pipe: whole ones whatever the chunks, and none that is announced as too long.
import { PassThrough } from 'node:stream'
import t from 'tap'
import { readFrames, writeFrame } from '../../../plugins/workers/frames.ts'

const read = (maxBytes: number) => {
  const stream = new PassThrough()
  const frames: string[] = []
  readFrames(stream, maxBytes, (frame) => frames.push(frame.toString()), () => frames.push('TOO LONG'))
  return { stream, frames, settle: () => new Promise(setImmediate) }
}

t.test('frames arrive whole, in whatever chunks', async (t) => {
  const wire = new PassThrough()
  writeFrame(wire, Buffer.from('one '), Buffer.from('two'))
  writeFrame(wire)
  writeFrame(wire, Buffer.from('three'))
  const bytes = wire.read() as Buffer
  for (const size of [1, 2, 3, 5, bytes.length]) {
    const { stream, frames, settle } = read(100)
    for (let at = 0; at < bytes.length; at += size) stream.write(bytes.subarray(at, at + size))
    await settle()
    t.same(frames, ['one two', '', 'three'], `chunks of ${size}`)
  }
})

t.test('a frame that is too long is refused by its length alone, and ends the reading', async (t) => {
  const { stream, frames, settle } = read(4)
  stream.write(Buffer.from([0, 0, 0, 1, 65, 0, 0, 0, 5]))
  await settle()
  stream.write(Buffer.from('ABCDE'))
  await settle()
  t.same(frames, ['A', 'TOO LONG'])
})

t.test('nothing more of a chunk is read once the stream is destroyed (WS-02)', async (t) => {
  const stream = new PassThrough()
  let frames = 0
  const onFrame = () => {
    frames++
    stream.destroy()
  }
  readFrames(stream, 4, onFrame, () => {})
  stream.write(Buffer.alloc(4 * 10_000))
  await new Promise(setImmediate)
  t.equal(frames, 1)
})
