// Few large answers of an upstream are read at a time; small ones do not wait for them (UH-04).
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { toResponse } from '../../../../plugins/upstreams/http/answer.ts'
import { createLargeAnswers, LARGE_BYTES } from '../../../../plugins/upstreams/http/large-answers.ts'

/** @returns one that is read, and what was done to it. */
function reading (large: ReturnType<typeof createLargeAnswers>) {
  const done: string[] = []
  const place = large({ pause: () => done.push('pause'), resume: () => done.push('resume') } as unknown as IncomingMessage)
  return { done, place }
}

t.test('as many large ones as there are places are read, the others wait for their turn (UH-04)', async (t) => {
  const large = createLargeAnswers(2)
  const [first, second, third, fourth] = [reading(large), reading(large), reading(large), reading(large)]
  for (const { place } of [first, second, third, fourth]) {
    place.grew(LARGE_BYTES)
    t.equal(place.isWaiting, false, 'not large yet')
  }
  for (const { place } of [first, second, third, fourth]) for (let more = 1; more <= 2; more++) place.grew(LARGE_BYTES + more)
  t.same([first, second, third, fourth].map(({ place }) => place.isWaiting), [false, false, true, true])
  t.same([first, second, third, fourth].map(({ done }) => done), [[], [], ['pause'], ['pause']])
  second.place.leave()
  t.same([third.done, fourth.done], [['pause', 'resume'], ['pause']], 'who came first')
  second.place.leave()
  t.equal(fourth.place.isWaiting, true, 'a place is left once')
  fourth.place.leave()
  first.place.leave()
  third.place.leave()
  t.same(fourth.done, ['pause'], 'one that is dropped is not read on')
  const [fifth, sixth, seventh] = [reading(large), reading(large), reading(large)]
  for (const { place } of [fifth, sixth, seventh]) place.grew(LARGE_BYTES + 1)
  t.same([fifth, sixth, seventh].map(({ place }) => place.isWaiting), [false, false, true], 'no place was lost, and none was won')
})

t.test('a JSON body waits after its first part, until another was parsed or has gone (UH-04)', async (t) => {
  const large = createLargeAnswers(1)
  const begin = () => {
    const source = new PassThrough()
    const answer = Object.assign(source, { statusCode: 200, headers: {} }) as unknown as IncomingMessage
    const read = toResponse(answer, { name: 'crm', secrets: [] }, new URL('https://crm.example/mcp'), { large }).json()
    read.catch(() => {})
    return { source, read }
  }
  const part = 'x'.repeat(LARGE_BYTES)
  const [gone, wrong, next, small] = [begin(), begin(), begin(), begin()]
  for (const { source } of [gone, wrong, next]) {
    source.write(`"${part}`)
    await turn()
  }
  t.same([gone, wrong, next].map(({ source }) => source.isPaused()), [false, true, true])
  small.source.end('{}')
  t.same(await small.read, {})
  gone.source.destroy()
  await t.rejects(gone.read)
  t.same([wrong, next].map(({ source }) => source.isPaused()), [false, true])
  wrong.source.end('no string')
  await t.rejects(wrong.read, { message: /not JSON/ })
  next.source.end('"')
  t.equal(await next.read, part)
})
