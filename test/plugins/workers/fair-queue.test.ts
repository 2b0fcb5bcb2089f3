// The fair queue: lines are served in turn, no caller has more than their share, and a long turn gives way to those who
// wait (threats WK-03, WS-01).
import t from 'tap'
import { FairQueue, TooManyWaiting, type QueueLimits, type Turn } from '../../../plugins/workers/fair-queue.ts'

const never = new AbortController().signal

/** Takes turns for people, each a letter, and records who got one. */
function open (limits: Partial<QueueLimits> = {}) {
  const queue = new FairQueue({ running: 2, runningEach: 1, waiting: 100, waitingEach: 10, sliceMs: 60_000, ...limits })
  const turns: Turn[] = []
  const begin: Array<() => void> = []
  const served: string[] = []
  const refused: string[] = []
  const ended: string[] = []
  const ask = (person: string, signal = never) =>
    queue.take(person, signal).then(
      (turn) => {
        served.push(person)
        turns.push(turn)
        begin.push(() => turn.begin())
        turn.signal.addEventListener('abort', () => {
          ended.push(person)
          turn.release()
        })
      },
      (error: Error) => {
        refused.push(`${person}: ${error instanceof TooManyWaiting ? (error.own ? 'own' : 'all') : error.message}`)
      }
    )
  const settle = () => new Promise(setImmediate)
  const release = async () => {
    turns.shift()!.release()
    await settle()
  }
  return {
    served,
    refused,
    ended,
    begin,
    settle,
    release,
    ask: async (people: string, signal?: AbortSignal) => {
      for (const person of people) ask(person, signal)
      await settle()
    }
  }
}

t.test('one person has their share of the turns, and the rest is for others', async (t) => {
  const { ask, served } = open()
  await ask('aaa')
  t.same(served, ['a'])
  await ask('b')
  t.same(served, ['a', 'b'])
})

t.test('lines are served in turn, whatever their length (WK-03)', async (t) => {
  const { ask, served, release } = open({ running: 1 })
  await ask('aaaabbc')
  while (served.length < 7) await release()
  t.equal(served.join(''), 'abcabaa')
})

t.test('all turns are used when there is room for somebody', async (t) => {
  const { ask, served, release } = open({ running: 3, runningEach: 2 })
  await ask('aaaab')
  t.equal(served.join(''), 'aab')
  await release()
  await release()
  t.equal(served.join(''), 'aabaa')
})

t.test('more than a person may have waiting is refused, and takes nothing from them', async (t) => {
  const { ask, served, refused, release } = open({ running: 1, waitingEach: 2 })
  await ask('aaaa')
  t.same(refused, ['a: own'])
  while (served.length < 3) await release()
  t.equal(served.join(''), 'aaa')
})

t.test(
  'where no place is left, the longest line gives one up, and a newcomer is refused only when all have asked for as little',
  async (t) => {
    const { ask, refused, served, release } = open({ running: 1, waiting: 3 })
    await ask('zaaab')
    t.same(refused, ['a: own'], 'of those who wait, a has most')
    await ask('c')
    t.same(refused, ['a: own', 'a: own'])
    await ask('d')
    t.same(refused.at(-1), 'd: all')
    while (served.length < 4) await release()
    t.equal(served.join(''), 'zabc')
  }
)

t.test('a caller who leaves leaves the line, and the others move up', async (t) => {
  const { ask, refused, served, release } = open({ running: 1 })
  const gone = new AbortController()
  await ask('a')
  await ask('b', gone.signal)
  await ask('c')
  gone.abort(new Error('gone'))
  await release()
  t.same([served.join(''), ...refused], ['ac', 'b: gone'])
  await ask('b', gone.signal)
  t.equal(refused.at(-1), 'b: gone', 'and asks for nothing any more')
})

t.test('a turn that had its time ends when another caller finds no place, the longest first (WS-01)', async (t) => {
  const { ask, served, ended } = open({ sliceMs: 40 })
  await ask('aa')
  await ask('b')
  await new Promise((resolve) => setTimeout(resolve, 60))
  t.same(ended, [], 'while no one waits but for their own share, it goes on')
  await ask('c')
  while (!served.includes('c')) await new Promise((resolve) => setTimeout(resolve, 5))
  t.equal(ended[0], 'a')
  t.equal(served.slice(0, 3).join(''), 'abc', 'and the next call of the same caller waits behind')
})

t.test('no turn ends before its time, and none when the caller who waited leaves (WS-01)', async (t) => {
  const { ask, served, ended } = open({ running: 1, sliceMs: 30 })
  const gone = new AbortController()
  await ask('a')
  await ask('b', gone.signal)
  t.same(ended, [])
  gone.abort(new Error('gone'))
  await new Promise((resolve) => setTimeout(resolve, 60))
  t.same([ended.join(''), served.join('')], ['', 'a'])
})

t.test('the time of a turn counts from where its work begins, and from its place where that takes too long (WS-01)', async (t) => {
  const { ask, begin, served, ended } = open({ sliceMs: 30, startMs: 300 })
  const from = performance.now()
  await ask('abc')
  await new Promise((resolve) => setTimeout(resolve, 100))
  t.same(ended, [], 'neither has begun')
  begin[1]!()
  while (!served.includes('c')) await new Promise((resolve) => setTimeout(resolve, 5))
  t.same([ended.join(''), performance.now() - from < 300], ['b', true], 'the one that has begun')
  await ask('d')
  while (!served.includes('d')) await new Promise((resolve) => setTimeout(resolve, 5))
  t.same([ended.join(''), performance.now() - from >= 320], ['ba', true], 'and one that never does, at its end')
})
