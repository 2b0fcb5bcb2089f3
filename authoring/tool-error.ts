// The one failure that an author throws on purpose: its message is for the model that called.

/** A failure the model should read and can act on: say what was wrong and what to try instead. */
export class ToolError extends Error {
  override readonly name = 'ToolError'
}

/** By name, since a tool that was loaded anew has a class of its own. */
export const isToolError = (error: unknown): error is Error => error instanceof Error && error.name === 'ToolError'
