// generate with a prompt: what the model is asked for, and what of its answers is returned (threat TL-07).
import t from 'tap'
import generate from '../../../tools/generate.ts'
import { configureTools } from '../../../authoring/loader/open.ts'
import { KEY, open, withModel } from './endpoint.ts'

t.test('without a model a prompt is refused with what to do instead', async (t) => {
  const { run } = await open(t, {})
  for (const kind of ['json', 'code', 'text']) {
    await t.rejects(run({ kind, prompt: 'a haiku' }), {
      name: 'ToolError',
      message: /no language model.*GENERATE_BASE_URL/
    })
  }
})

t.test('the two variables belong together, and wrong ones stop the start', (t) => {
  for (const [env, problem] of [
    [
      { GENERATE_BASE_URL: 'http://127.0.0.1:9/v1' },
      /GENERATE_MODEL: set GENERATE_BASE_URL and GENERATE_MODEL together/
    ],
    [{ GENERATE_MODEL: 'small' }, /together/],
    [{ GENERATE_BASE_URL: 'file:///etc/passwd', GENERATE_MODEL: 'small' }, /GENERATE_BASE_URL: write the address/],
    [{ GENERATE_TOKENS_PER_DAY: 'many' }, /GENERATE_TOKENS_PER_DAY: write a number/]
  ] as const) { t.match(configureTools([generate], env).problems, [problem]) }
  t.end()
})

t.test('what is nested too deep is refused before the model is asked (TL-30)', async (t) => {
  const { run, asked } = await withModel(t, '[1]')
  const deep = '['.repeat(24_000) + ']'.repeat(24_000)
  for (const source of [{ example: deep }, { schema: `{"const":${deep}}` }]) {
    await t.rejects(run({ kind: 'json', prompt: 'a child', ...source }), { name: 'ToolError', message: /nested too deep/ })
  }
  t.equal(asked.length, 0)
})

t.test('text, code and data are asked for, and a fence around them is taken off', async (t) => {
  const { run, asked } = await withModel(
    t,
    'The sea is wide.',
    '```go\nfunc main() {}\n```',
    '```json\n[{"name":"Ann","age":5}]\n```'
  )
  t.match(await run({ kind: 'text', prompt: 'a line about the sea' }), { kind: 'text', text: 'The sea is wide.' })
  t.match(await run({ kind: 'code', prompt: 'an empty program', language: 'go' }), {
    kind: 'code',
    language: 'go',
    text: 'func main() {}'
  })
  t.match(await run({ kind: 'json', prompt: 'a child', example: '{"name":"Bob","age":7}' }), {
    kind: 'json',
    data: [{ name: 'Ann', age: 5 }]
  })
  t.match(asked, [
    {
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${KEY}` },
      body: {
        model: 'small',
        max_tokens: Number,
        messages: [{ role: 'system' }, { role: 'user', content: 'a line about the sea' }]
      }
    },
    { body: { messages: [{ content: /go code/ }, {}] } },
    { body: { messages: [{ content: /"name":"Bob"/ }, { content: 'a child' }] } }
  ])
})

t.test('data that does not fit is sent back once, then refused', async (t) => {
  const schema = JSON.stringify({
    type: 'object',
    properties: { age: { type: 'integer', maximum: 9 } },
    required: ['age']
  })
  const { run, asked } = await withModel(t, '[{"age":10}]', '[{"age":9}]', 'I cannot', '[{"age":1},{"age":2}]')
  t.same((await run({ kind: 'json', prompt: 'x', schema })).data, [{ age: 9 }])
  t.match(asked[1]!.body.messages, [
    {},
    {},
    { role: 'assistant', content: '[{"age":10}]' },
    { role: 'user', content: /value 1 does not fit \(\/age must be <= 9\)/ }
  ])
  await t.rejects(run({ kind: 'json', prompt: 'x', schema }), {
    name: 'ToolError',
    message: /2 values in place of 1.*Word the prompt/
  })
  t.equal(asked.length, 4)
  await t.rejects(run({ kind: 'json', prompt: 'x', schema: '{"type":"nothing"}' }), {
    name: 'ToolError',
    message: /no valid JSON Schema/
  })
})

t.test('arguments that mean nothing beside a prompt are refused, and nobody is asked', async (t) => {
  const { run, asked } = await withModel(t, 'x')
  for (const [args, message] of [
    [{ kind: 'text', seed: 1 }, /leave out seed/],
    [{ kind: 'text', count: 2, language: 'go' }, /leave out count, language/],
    [{ kind: 'code', example: '{}', seed: 1 }, /leave out example, seed/],
    [{ kind: 'json', seed: 1 }, /leave out seed/],
    [{ kind: 'json', schema: '{}', example: '{}' }, /either a schema or an example/],
    [{ kind: 'json', schema: '{' }, /schema is no JSON/]
  ] as const) { await t.rejects(run({ prompt: 'x', ...args }), { name: 'ToolError', message }) }
  t.equal(asked.length, 0)
})
