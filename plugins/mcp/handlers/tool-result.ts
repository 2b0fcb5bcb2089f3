// The result of a tool as the protocol wants it, and each failure in words that a model can act on.
import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/server'
import type { ZodError } from 'zod'
import type { Tool } from '../../../authoring/tool.ts'
import { checkWritable } from './writable.ts'

/** Enough to correct a call; a long list would only fill the context of the model. */
const MAX_ISSUES = 8
const MAX_ISSUE_LENGTH = 200

export async function toResult (tool: Tool, outcome: unknown, shown: ContentBlock[]): Promise<CallToolResult> {
  checkWritable(shown)
  if (!tool.output) return { content: shown }
  const checked = await tool.output.safeParseAsync(outcome)
  if (!checked.success) throw new Error('the result does not match the output schema', { cause: checked.error })
  // The same JSON as text, for clients and models that read only content.
  return { content: [{ type: 'text', text: JSON.stringify(checked.data) }, ...shown], structuredContent: checked.data }
}

export const failure = (text: string): CallToolResult => ({ content: [{ type: 'text', text }], isError: true })

export function describeIssues (error: ZodError): string {
  const lines = error.issues
    .slice(0, MAX_ISSUES)
    .map(({ path, message }) =>
      `- ${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`.slice(0, MAX_ISSUE_LENGTH)
    )
  const more = error.issues.length - lines.length
  return [...lines, ...(more > 0 ? [`- and ${more} more`] : [])].join('\n')
}
