// The one failure that an author throws on purpose: the calling model reads its message.

/** A failure that the model should read and can act on: say what was wrong and what to try instead. */
export class ToolError extends Error {
  override readonly name = 'ToolError'
}

/** By name, since a tool that was loaded again has a class of its own. */
export const isToolError = (error: unknown): error is Error => error instanceof Error && error.name === 'ToolError'
