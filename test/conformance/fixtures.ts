// What the official conformance suite expects a server to offer: its scenarios name these tools, resources and prompts.
// No part of a production server.
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import {
  audio, defineTool, embed, form, image, roots, sample, text, ToolError, type Tool, type ToolContext
} from '../../authoring/tool.ts'
import { about, annotations, nothing, PNG, WAV } from './fixture-parts.ts'
import { prompts, resources } from './fixture-resources.ts'

/** A tool that takes nothing and only shows something. */
const shows = (name: string, run: (context: ToolContext) => unknown): Tool =>
  defineTool({
    ...about(name),
    input: nothing,
    annotations,
    async run (_args, context) {
      await run(context)
    }
  })

const nameForm = form('What is your name?', z.object({ name: z.string() }))
const okForm = form('Please confirm', z.object({ ok: z.boolean() }))
const paris = sample({
  messages: [{ role: 'user', content: { type: 'text', text: 'What is the capital of France?' } }],
  maxTokens: 100
})

const content: Tool[] = [
  shows('test_simple_text', ({ show }) => show(text('This is a simple text response for testing.'))),
  shows('test_image_content', ({ show }) => show(image(PNG, 'image/png'))),
  shows('test_audio_content', ({ show }) => show(audio(WAV, 'audio/wav'))),
  shows('test_embedded_resource', ({ show }) =>
    show(
      embed({ uri: 'test://embedded-resource', mimeType: 'text/plain', text: 'This is an embedded resource content.' })
    )
  ),
  shows('test_multiple_content_types', ({ show }) =>
    show(
      text('Multiple content types test:'),
      image(PNG, 'image/png'),
      embed({ uri: 'test://mixed-content-resource', mimeType: 'application/json', text: '{"test":"data","value":123}' })
    )
  ),
  shows('test_error_handling', () => {
    throw new ToolError('This tool intentionally returns an error for testing')
  }),
  shows('test_tool_with_logging', async ({ client, show }) => {
    for (const line of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      client.log('info', line)
      await delay(50)
    }
    show(text('logged'))
  }),
  shows('test_logging_tool', ({ client, show }) => {
    client.log('info', 'only for those who asked')
    show(text('done'))
  }),
  shows('test_tool_with_progress', async ({ progress, show }) => {
    for (const done of [0, 50, 100]) {
      progress(done, 100)
      await delay(50)
    }
    show(text('done'))
  }),
  shows('test_reconnection', async ({ show }) => {
    await delay(300)
    show(text('done'))
  })
]

/** The five ways to offer a choice (SEP-1330). */
const choices = z.object({
  untitledSingle: z.enum(['option1', 'option2', 'option3']),
  titledSingle: z.string().meta({
    oneOf: [
      { const: 'value1', title: 'First Option' },
      { const: 'value2', title: 'Second Option' }
    ]
  }),
  legacyEnum: z.enum(['opt1', 'opt2', 'opt3']).meta({ enumNames: ['Option One', 'Option Two', 'Option Three'] }),
  untitledMulti: z.array(z.enum(['option1', 'option2', 'option3'])),
  titledMulti: z.array(z.string()).meta({
    items: {
      anyOf: [
        { const: 'value1', title: 'First Choice' },
        { const: 'value2', title: 'Second Choice' }
      ]
    }
  })
})

const defaults = z.object({
  name: z.string().default('John Doe'),
  age: z.int().default(30),
  score: z.number().default(95.5),
  status: z.enum(['active', 'inactive', 'pending']).default('active'),
  verified: z.boolean().default(true)
})

const questions: Tool[] = [
  defineTool({
    ...about('test_sampling'),
    input: z.object({ prompt: z.string() }),
    annotations,
    async run ({ prompt }, { ask, show }) {
      const { reply } = await ask({
        reply: sample({ messages: [{ role: 'user', content: { type: 'text', text: prompt } }], maxTokens: 100 })
      })
      show(text(`LLM response: ${JSON.stringify(reply.content)}`))
    }
  }),
  defineTool({
    ...about('test_elicitation'),
    input: z.object({ message: z.string() }),
    annotations,
    async run ({ message }, { ask, show }) {
      const { user } = await ask({
        user: form(
          message,
          z.object({
            username: z.string().describe("User's response"),
            email: z.string().describe("User's email address")
          })
        )
      })
      show(text(`User response: ${JSON.stringify(user)}`))
    }
  }),
  shows('test_elicitation_sep1034_defaults', async ({ ask, show }) => {
    const { person } = await ask({ person: form('Who are you?', defaults) })
    show(text(`Elicitation completed: ${JSON.stringify(person)}`))
  }),
  shows('test_elicitation_sep1330_enums', async ({ ask, show }) => {
    const { chosen } = await ask({ chosen: form('Choose', choices) })
    show(text(`Elicitation completed: ${JSON.stringify(chosen)}`))
  }),
  shows('test_missing_capability', async ({ ask }) => {
    await ask({ capital: paris })
  }),
  shows('test_streaming_elicitation', async ({ ask, show }) => {
    await ask({ user_name: nameForm })
    show(text('done'))
  }),
  shows('test_input_required_result_elicitation', async ({ ask, show }) => {
    const { user_name: name } = await ask({ user_name: nameForm })
    show(text(name.action === 'accept' ? `Hello, ${name.content.name}!` : 'Hello!'))
  }),
  shows('test_input_required_result_sampling', async ({ ask, show }) => {
    const { capital_question: capital } = await ask({ capital_question: paris })
    show(text(JSON.stringify(capital.content)))
  }),
  shows('test_input_required_result_list_roots', async ({ ask, show }) => {
    const { client_roots: found } = await ask({ client_roots: roots() })
    show(text(JSON.stringify(found.roots)))
  }),
  shows('test_input_required_result_request_state', async ({ ask, show }) => {
    await ask({ confirm: okForm })
    show(text('state-ok'))
  }),
  shows('test_input_required_result_tampered_state', async ({ ask, show }) => {
    await ask({ confirm: okForm })
    show(text('state-ok'))
  }),
  shows('test_input_required_result_multiple_inputs', async ({ ask, show }) => {
    const answers = await ask({
      user_name: nameForm,
      greeting: sample({
        messages: [{ role: 'user', content: { type: 'text', text: 'Generate a greeting' } }],
        maxTokens: 50
      }),
      client_roots: roots()
    })
    show(text(JSON.stringify(answers)))
  }),
  shows('test_input_required_result_multi_round', async ({ ask, show }) => {
    const { step1 } = await ask({ step1: form('Step 1: What is your name?', z.object({ name: z.string() })) })
    const { step2 } = await ask({
      step2: form('Step 2: What is your favorite color?', z.object({ color: z.string() }))
    })
    show(text(JSON.stringify({ step1, step2 })))
  }),
  shows('test_input_required_result_capabilities', async ({ ask, client: { can }, show }) => {
    if (can.form) await ask({ user_name: nameForm })
    if (can.sample) await ask({ capital_question: paris })
    show(text('done'))
  })
]

/** The keywords of JSON Schema 2020-12 that a tool's schema has to keep (SEP-1613, SEP-2106). */
const full = defineTool({
  ...about('json_schema_2020_12_tool'),
  input: z
    .strictObject({
      name: z.string().optional(),
      address: z.object({ street: z.string().optional() }).meta({ id: 'address', $anchor: 'addressDef' }).optional(),
      contactMethod: z.enum(['phone', 'email']).optional(),
      phone: z.string().optional(),
      email: z.string().optional()
    })
    .meta({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
      if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
      then: { required: ['phone'] },
      else: { required: ['email'] }
    }),
  annotations,
  async run (_args, { show }) {
    show(text('done'))
  }
})

const withHeader = defineTool({
  ...about('test_header'),
  input: z.object({ region: z.string().meta({ 'x-mcp-header': 'Region' }) }),
  annotations,
  async run ({ region }, { show }) {
    show(text(region))
  }
})

/** @param change makes the server announce that its lists have changed. */
export const fixtures = (change: () => void) => ({
  tools: [
    ...content,
    ...questions,
    full,
    withHeader,
    shows('test_trigger_tool_change', ({ show }) => {
      change()
      show(text('changed'))
    }),
    shows('test_trigger_prompt_change', ({ show }) => {
      change()
      show(text('changed'))
    })
  ],
  resources,
  prompts
})
