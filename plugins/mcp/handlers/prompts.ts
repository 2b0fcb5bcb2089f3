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
import type { Rights } from '../../access-rules/contract.ts'
import { complete, type Completion, type Finders } from './complete.ts'
import { invokeGuarded, type Caller } from './protocol-errors.ts'
import { maySee } from './resources.ts'
import { checkWritable } from './writable.ts'

export interface Prompts {
  replace(prompts: readonly Prompt[]): void
  /** @returns undefined also for one that a caller may not use. */
  find(name: string, rights: Rights): Pick<Prompt, 'scopes'> | undefined
  /** Whether one of them has this name, whoever may use it. */
  has(name: string): boolean
  list(caller: Caller): { prompts: Listed[] }
  /** @throws ProtocolError -32602 for an unknown prompt and for wrong arguments. */
  get(name: string, args: unknown, caller: Caller): Promise<GetPromptResult | InputRequiredResult>
  complete(
    name: string,
    argument: { name: string; value: string },
    caller: Caller,
    context?: { arguments?: Record<string, string> }
  ): Promise<Completion>
}

export function createPrompts (prompts: readonly Prompt[], signIn: boolean): Prompts {
  let byName = new Map<string, Prompt>()
  const replace = (list: readonly Prompt[]) => {
    byName = new Map(list.map((prompt) => [prompt.name, prompt]))
  }
  replace(prompts)
  const find = (name: string, rights: Rights) => {
    const found = byName.get(name)
    return found && rights.may('prompts', found.name) ? found : undefined
  }
  const known = (name: string, { request }: Caller): Prompt => {
    const prompt = find(name, request.rights)
    if (!prompt) throw unknownPrompt(name)
    return prompt
  }

  return {
    replace,
    find,
    has: (name) => byName.has(name),
    list: ({ request: { access, rights } }) => ({
      prompts: [...byName.values()]
        .filter((prompt) => maySee(prompt, access, signIn) && rights.may('prompts', prompt.name))
        .map(describe)
    }),
    async get (name, args, caller) {
      const prompt = known(name, caller)
      const parsed = await prompt.arguments.safeParseAsync(args ?? {})
      if (!parsed.success) throw wrongArguments(name, parsed.error)
      const written = await invokeGuarded(caller, 'prompts/get', [name, args], (context) =>
        prompt.write(parsed.data, context)
      )
      if (typeof written === 'object' && 'resultType' in written) return written
      const messages: PromptMessage[] =
        typeof written === 'string' ? [{ role: 'user', content: text(written) }] : written
      return { description: prompt.description, messages: checkWritable(messages) }
    },
    async complete (name, argument, caller) {
      const prompt = known(name, caller)
      // A caller who may not use a prompt learns nothing through it either.
      if (!maySee(prompt, caller.request.access, signIn)) throw unknownPrompt(name)
      return complete(caller, name, argument, prompt.complete as Finders | undefined)
    }
  }
}

const MAX_ISSUES = 8
const MAX_ISSUE_LENGTH = 200

function wrongArguments (name: string, error: z.ZodError): ProtocolError {
  const issues = error.issues
    .slice(0, MAX_ISSUES)
    .map(({ path, message }) => `${path.join('.')}: ${message}`.slice(0, MAX_ISSUE_LENGTH))
  const text = `The arguments of the prompt ${name} are not right. ${issues.join('; ')}`
  return new ProtocolError(ProtocolErrorCode.InvalidParams, text)
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
