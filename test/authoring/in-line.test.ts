// Work of one holder waits for what the same holder has begun,
// and for nothing of others.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { createLines } from '../../authoring/in-line.ts'

/** Work that ends when the test says so. */
function open (most: number) {
  const inLine = createLines(most)
  const begun: string[] = []
  return {
    begun,
    begin (holder: string, name: string) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const done = inLine(holder, () => {
        begun.push(name)
        return promise
      })
      return {
        done,
        async end () {
          resolve()
          await done
          await new Promise(setImmediate)
        }
      }
    }
  }
}

t.test('what comes while a holder has work waits for all of it', async (t) => {
  const { begin, begun } = open(2)
  const first = begin('ann', 'first')
  const second = begin('ann', 'second')
  begin('bob', 'other')
  await new Promise(setImmediate)
  t.same(begun, ['first', 'other'])
  t.equal(begin('ann', 'too much').done, undefined)
  await first.end()
  const third = begin('ann', 'third')
  t.equal(begin('ann', 'too much').done, undefined)
  await new Promise(setImmediate)
  t.same(begun, ['first', 'other', 'second'])
  await second.end()
  await third.end()
  t.same(begun, ['first', 'other', 'second', 'third'])
})

t.test('nothing is kept of a holder whose work is done', async (t) => {
  const inLine = createLines(2)
  const answer = new WeakRef((await inLine('ann', async () => ({ rows: [] })))!)
  setFlagsFromString('--expose-gc')
  await new Promise(setImmediate)
  runInNewContext('gc')()
  t.equal(answer.deref(), undefined)
  t.ok(inLine)
})
