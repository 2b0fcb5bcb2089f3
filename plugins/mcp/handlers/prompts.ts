// Prompts as clients see them: listed, written with checked arguments, and completed (MCP "Prompts", "Completion").
import {
  ProtocolError,
  ProtocolErrorCode,
  type GetPromptResult,
  type InputRequiredResult,
  type Prompt as Listed
} from '@modelcontextprotocol/server'
import { z } from 'zod'
import { text } from '../../../authoring/content.ts'
import type { Prompt, PromptMessage } from '../../../authoring/prompt.ts'
import type { ToolContext } from '../../../authoring/tool.ts'
import { complete, invokeGuarded, type Caller } from './protocol-errors.ts'
import { maySee } from './resources.ts'

export interface Prompts {
  replace(prompts: readonly Prompt[]): void
  find(name: string): Prompt | undefined
  list(caller: Caller): { prompts: Listed[] }
  /** @throws ProtocolError -32602 for an unknown prompt and for wrong arguments. */
  get(name: string, args: unknown, caller: Caller): Promise<GetPromptResult | InputRequiredResult>
  complete(
    name: string,
    argument: { name: string; value: string },
    caller: Caller
  ): Promise<Awaited<ReturnType<typeof complete>>>
}

export function createPrompts (prompts: readonly Prompt[], signIn: boolean): Prompts {
  let byName = new Map<string, Prompt>()
  const replace = (list: readonly Prompt[]) => {
    byName = new Map(list.map((prompt) => [prompt.name, prompt]))
  }
  replace(prompts)
  const known = (name: string): Prompt => {
    const prompt = byName.get(name)
    if (!prompt) throw unknownPrompt(name)
    return prompt
  }

  return {
    replace,
    find: (name) => byName.get(name),
    list: ({ exchange }) => ({
      prompts: [...byName.values()].filter((prompt) => maySee(prompt, exchange.access, signIn)).map(describe)
    }),
    async get (name, args, caller) {
      const prompt = known(name)
      const parsed = await prompt.arguments.safeParseAsync(args ?? {})
      if (!parsed.success) {
        const wrong = parsed.error.issues
          .slice(0, 8)
          .map(({ path, message }) => `${path.join('.')}: ${message}`.slice(0, 200))
          .join('; ')
        throw new ProtocolError(
          ProtocolErrorCode.InvalidParams,
          `The arguments of the prompt ${name} are not right. ${wrong}`
        )
      }
      const written = await invokeGuarded(caller, 'prompts/get', [name, args], (context) =>
        prompt.write(parsed.data, context)
      )
      if (typeof written === 'object' && 'resultType' in written) return written
      const messages: PromptMessage[] =
        typeof written === 'string' ? [{ role: 'user', content: text(written) }] : written
      return { description: prompt.description, messages }
    },
    async complete (name, { name: argument, value }, caller) {
      const prompt = known(name)
      // Whoever may not use a prompt learns nothing through it either.
      if (!maySee(prompt, caller.exchange.access, signIn)) throw unknownPrompt(name)
      const finders = prompt.complete as
        Record<string, (typed: string, context: ToolContext) => Promise<string[]>> | undefined
      return complete(
        caller,
        [name, argument, value],
        value,
        finders && Object.hasOwn(finders, argument) ? finders[argument] : undefined
      )
    }
  }
}

const unknownPrompt = (name: string) =>
  new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `There is no prompt named ${JSON.stringify(name.slice(0, 64))}; refresh the list of prompts`
  )

function describe ({ name, title, description, icons, arguments: args }: Prompt): Listed {
  return {
    name,
    title,
    description,
    ...(icons && { icons }),
    arguments: Object.entries(args.shape).map(([name, field]) => {
      const { title, description } = (field as z.ZodType).meta() ?? {}
      return {
        name,
        ...(title !== undefined && { title }),
        ...(description !== undefined && { description }),
        required: !z.safeParse(field as z.ZodType, undefined).success
      }
    })
  }
}
