// Questions in the words of the protocol, and the answers that a client may give to each (MCP "Elicitation", "Sampling", "Roots").
import { inputRequired, type InputRequest } from '@modelcontextprotocol/server'
import { z } from 'zod'
import type { Question } from '../../../authoring/elicitation.ts'

export function requestFor (question: Question): InputRequest {
  switch (question.kind) {
    case 'form':
      return inputRequired.elicit({ message: question.message, requestedSchema: question.schema })
    case 'openUrl':
      return inputRequired.elicitUrl({ message: question.message, url: question.url })
    case 'sample':
      return inputRequired.createMessage(question.params)
    case 'roots':
      return inputRequired.listRoots()
  }
}

const refusal = z.object({ action: z.enum(['decline', 'cancel']) })
const sampled = z.object({
  role: z.enum(['user', 'assistant']),
  content: z.union([z.looseObject({ type: z.string() }), z.array(z.looseObject({ type: z.string() }))]),
  model: z.string()
})
const listedRoots = z.object({ roots: z.array(z.object({ uri: z.string(), name: z.string().optional() })) })

/** The client's answer is not trusted: one of the wrong shape is dropped, so the question is asked again. */
export function readAnswer (question: Question, answer: unknown): unknown {
  const schema = {
    form: () =>
      z.union([
        z.object({ action: z.literal('accept'), content: (question as { schema: z.ZodObject }).schema }),
        refusal
      ]),
    openUrl: () => z.union([z.object({ action: z.literal('accept') }), refusal]),
    sample: () => sampled,
    roots: () => listedRoots
  }[question.kind]()
  return schema.safeParse(answer).data
}
