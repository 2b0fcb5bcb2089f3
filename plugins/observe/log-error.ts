// How an error stands in the log: what it is, where it came from and what caused it, and none of the other members that libraries hang on errors, which repeat commands, requests and answers.

export interface LoggedError { type: string, message: string, code?: string | number, stack?: string, cause?: LoggedError }

/** The `err` serializer of the log. */
export function describeError (error: unknown): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: 'something that is no error was thrown' }
  const { code } = error as { code?: unknown }
  return {
    type: error.name,
    message: error.message,
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(error.stack !== undefined && { stack: error.stack }),
    ...(error.cause !== undefined && { cause: describeError(error.cause) })
  }
}
