// Completing an argument of ours: no more than a person types, and no more than a client shows.
import t from 'tap'
import { z } from 'zod'
import { definePrompt } from '../../../../authoring/prompt.ts'
import { about, open } from '../../../helpers/mcp-authored.ts'

t.test('more than a person types finds nothing out; of more values than a client shows the first are given', async (t) => {
  const typedOf: string[] = []
  const { eras } = await open(t, [], {
    prompts: [definePrompt({
      ...about('greet'),
      arguments: z.object({ name: z.string() }),
      complete: {
        async name (typed) {
          typedOf.push(typed)
          return Array.from({ length: 101 }, (_, index) => `${index}`)
        }
      },
      write: async () => ''
    })]
  })
  for (const [, request] of eras) {
    const typed = async (value: string) => (await request('completion/complete', {
      ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'name', value }
    })).json
    t.match((await typed('x'.repeat(1_001))).error, {
      code: -32602,
      message: /has at most 1000 characters/
    })
    const { completion } = (await typed('x'.repeat(1_000))).result
    t.match(completion, { total: 101, hasMore: true })
    t.equal(completion.values.length, 100)
  }
  t.strictSame(typedOf.map(({ length }) => length), [1_000, 1_000])
})
