// What a prompt is: a task that a person picks from a menu, written out for their model (MCP "Prompts").
// Tested in test/authoring/loader/validate.test.ts.
import type { Icon } from '@modelcontextprotocol/server'
import type { z, ZodObject } from 'zod'
import type { ContentBlock } from './content.ts'
import type { ToolContext, ToolScope } from './context.ts'

export interface PromptMessage {
  role: 'user' | 'assistant'
  content: ContentBlock
}

export interface Prompt<Arguments extends ZodObject = ZodObject> {
  /** 1–64 characters of `[A-Za-z0-9_-]`. */
  name: string
  title: string
  description: string
  /** Texts, each with a description; optional or not. */
  arguments: Arguments
  icons?: Icon[]
  scopes: ToolScope[]
  /** Values of an argument that begin with what was typed. */
  complete?: { [Name in keyof z.output<Arguments>]?: (typed: string, context: ToolContext) => Promise<string[]> }
  /** One text is one message of the user. */
  write(args: z.output<Arguments>, context: ToolContext): Promise<string | PromptMessage[]>
}

/** Types a prompt from its arguments. The default export of a file in prompts/ is the result of this call. */
export const definePrompt = <Arguments extends ZodObject>(prompt: Prompt<Arguments>): Prompt<Arguments> => prompt
