// How an error is logged: what it is, where it came from and what caused it, and none of the other members that
// libraries hang on errors, which repeat commands, requests and answers.

export interface LoggedError {
  type: string
  message: string
  stack: string
  code?: string | number
  cause?: LoggedError
  [member: string]: unknown
}

/** How deep causes are followed: they may go round in a circle. */
const MAX_DEPTH = 5

/** The `err` serializer of the log. */
export const describeError = (error: unknown): LoggedError => describe(error, 0)

function describe (error: unknown, depth: number): LoggedError {
  if (!(error instanceof Error)) { return { type: typeof error, message: 'something that is no error was thrown', stack: '' } }
  const { code } = error as { code?: unknown }
  return {
    type: error.name,
    message: error.message,
    stack: error.stack ?? '',
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(error.cause !== undefined && depth < MAX_DEPTH && { cause: describe(error.cause, depth + 1) })
  }
}
