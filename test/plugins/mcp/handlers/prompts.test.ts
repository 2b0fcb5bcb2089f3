// Prompts as clients see them: listed, written with checked arguments, completed.
import t from 'tap'
import { z } from 'zod'
import { definePrompt } from '../../../../authoring/prompt.ts'
import { text } from '../../../../authoring/tool.ts'
import { ALL_RIGHTS } from '../../../../plugins/access-rules/contract.ts'
import { createPrompts } from '../../../../plugins/mcp/handlers/prompts.ts'
import { about, open } from '../../../helpers/mcp-authored.ts'

t.test('prompts are listed with their arguments, written, and completed', async (t) => {
  const { eras } = await open(t, [], {
    prompts: [
      definePrompt({
        ...about('greet'),
        arguments: z.object({
          name: z.string().min(1).meta({ title: 'Name' }).describe('Who.'),
          tone: z.enum(['warm', 'dry']).optional()
        }),
        complete: { tone: async (typed) => ['warm', 'dry'].filter((tone) => tone.startsWith(typed)) },
        write: async ({ name, tone }) =>
          name === 'two'
            ? [
                { role: 'user', content: text('hi') },
                { role: 'assistant', content: text('hello') }
              ]
            : `Greet ${name}${tone ? `, ${tone}` : ''}.`
      })
    ]
  })
  for (const [era, request] of eras) {
    t.match(
      (await request('prompts/list')).json.result.prompts,
      [
        {
          name: 'greet',
          title: 'greet',
          description: /greet/,
          arguments: [
            { name: 'name', title: 'Name', description: 'Who.', required: true },
            { name: 'tone', required: false }
          ]
        }
      ],
      era
    )
    t.match((await request('prompts/get', { name: 'greet', arguments: { name: 'Ann', tone: 'dry' } })).json.result, {
      description: /greet/,
      messages: [{ role: 'user', content: { type: 'text', text: 'Greet Ann, dry.' } }]
    })
    t.match((await request('prompts/get', { name: 'greet', arguments: { name: 'two' } })).json.result.messages, [
      { role: 'user' },
      { role: 'assistant' }
    ])
    t.match((await request('prompts/get', { name: 'greet', arguments: { tone: 'dry' } })).json.error, {
      code: -32602,
      message: /name: /
    })
    t.match((await request('prompts/get', { name: 'constructor' })).json.error, {
      code: -32602,
      message: /There is no prompt named/
    })
    t.match(
      (
        await request('completion/complete', {
          ref: { type: 'ref/prompt', name: 'greet' },
          argument: { name: 'tone', value: 'w' }
        })
      ).json.result.completion,
      { values: ['warm'] }
    )
  }
})

t.test('rules are asked of prompts that are there, and remember no name that a client made up (RU-09)', async (t) => {
  const asked: string[] = []
  const may = (_kind: string, ...names: readonly string[]) => asked.push(...names) > 0
  const { find } = createPrompts([definePrompt({ ...about('greet'), arguments: z.object({}), write: async () => '' })], true)
  t.equal(find('x'.repeat(1_000_000), { ...ALL_RIGHTS, may }), undefined)
  t.ok(find('greet', { ...ALL_RIGHTS, may }))
  t.same(asked, ['greet'])
})
