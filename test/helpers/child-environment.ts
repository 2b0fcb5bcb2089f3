// The environment of a process that a test starts: nothing of the
// test's own, but where compiled code is cached.

/** A process that compiles the server itself takes twice the processor time to start. */
export const childEnvironment = (env: Record<string, string | undefined> = {}): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
  ...env
})
