// Turns: lines are served one after the other, nobody has more than their share, and who asks for little gives way to
// nobody (threat WK-03).
import t from 'tap'
import { TooManyWaiting, Turns } from '../../../plugins/workers/fair-queue.ts'

const never = new AbortController().signal

/** Takes turns in the name of people and notes who got one. */
function open (limits: Partial<ConstructorParameters<typeof Turns>[0]> = {}) {
  const turns = new Turns({ running: 2, runningEach: 1, waiting: 100, waitingEach: 10, ...limits })
  const served: string[] = []
  const refused: string[] = []
  const releases: Array<() => void> = []
  const ask = (person: string, signal = never) =>
    turns.take(person, signal).then(
      (release) => {
        served.push(person)
        releases.push(release)
      },
      (error: Error) => {
        refused.push(`${person}: ${error instanceof TooManyWaiting ? (error.own ? 'own' : 'all') : error.message}`)
      }
    )
  const settle = () => new Promise(setImmediate)
  const release = async () => {
    releases.shift()!()
    await settle()
  }
  return {
    served,
    refused,
    releases,
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

t.test('who goes away leaves the line, and the others move up', async (t) => {
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
