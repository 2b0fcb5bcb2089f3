// The resources and prompts that the official conformance suite expects a server to offer.
import { z } from 'zod'
import { definePrompt, type Prompt } from '../../authoring/prompt.ts'
import { defineResource, type Resource } from '../../authoring/resource.ts'
import { embed, form, image, text } from '../../authoring/tool.ts'
import { about, nothing, PNG } from './fixture-parts.ts'

export const resources: Resource[] = [
  defineResource({
    ...about('static_text'),
    uri: 'test://static-text',
    mimeType: 'text/plain',
    read: async () => 'This is the content of the static text resource.'
  }),
  defineResource({
    ...about('static_binary'),
    uri: 'test://static-binary',
    mimeType: 'image/png',
    read: async () => PNG
  }),
  defineResource({
    ...about('watched'),
    uri: 'test://watched-resource',
    mimeType: 'text/plain',
    read: async () => 'watched'
  }),
  defineResource({
    ...about('template'),
    uri: 'test://template/{id}/data',
    mimeType: 'application/json',
    read: async ({ id }) => JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` })
  })
]

export const prompts: Prompt[] = [
  definePrompt({
    ...about('test_simple_prompt'),
    arguments: nothing,
    write: async () => 'This is a simple prompt for testing.'
  }),
  definePrompt({
    ...about('test_prompt_with_arguments'),
    arguments: z.object({
      arg1: z.string().describe('First test argument'),
      arg2: z.string().describe('Second test argument')
    }),
    complete: { arg1: async (typed) => ['paris', 'park', 'party'].filter((value) => value.startsWith(typed)) },
    write: async ({ arg1, arg2 }) => `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`
  }),
  definePrompt({
    ...about('test_prompt_with_embedded_resource'),
    arguments: z.object({ resourceUri: z.string().describe('URI of the resource to embed') }),
    write: async ({ resourceUri }) => [
      {
        role: 'user',
        content: embed({ uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' })
      },
      { role: 'user', content: text('Please process the embedded resource above.') }
    ]
  }),
  definePrompt({
    ...about('test_prompt_with_image'),
    arguments: nothing,
    write: async () => [
      { role: 'user', content: image(PNG, 'image/png') },
      { role: 'user', content: text('Please analyze the image above.') }
    ]
  }),
  definePrompt({
    ...about('test_input_required_result_prompt'),
    arguments: nothing,
    async write (_args, { ask }) {
      const { user_context: answer } = await ask({
        user_context: form('What context should the prompt use?', z.object({ context: z.string() }))
      })
      return answer.action === 'accept' ? `Use this context: ${answer.content.context}` : 'Use no context.'
    }
  })
]
