// Runs an operator's commands as `npm run` does, and says what they printed and how they ended. All of a room are run by one
// process, which has the code loaded: loading it takes most of the time of a command.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { childEnvironment } from './child-environment.ts'
import type { Asked, Ran } from './command-process.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PROCESS = fileURLToPath(new URL('command-process.ts', import.meta.url))

let runner: ChildProcess | undefined
let turn: Promise<unknown> = Promise.resolve()

async function run (asked: Asked): Promise<Ran> {
  if (runner?.connected !== true) {
    runner = fork(PROCESS, { env: childEnvironment(), stdio: 'inherit' })
    // It ends with this process.
    runner.unref()
  }
  const answered = new AbortController()
  const { signal } = answered
  const answer = once(runner, 'message', { signal }) as Promise<[Ran]>
  const ended = once(runner, 'exit', { signal }).then(([status]): never => { throw new Error(`a command ended its process with ${status}`) })
  runner.channel?.ref()
  runner.send(asked)
  try {
    const [ran] = await Promise.race([answer, ended])
    runner.channel?.unref()
    return ran
  } finally {
    answered.abort()
  }
}

/**
 * @param name of a file in cli/, without its ending. @param env all that it has, besides what {@link childEnvironment} gives.
 * @throws an Error where it would not end by itself.
 */
export async function command (
  name: string,
  env: Record<string, string>,
  words: readonly string[],
  cwd = ROOT
): Promise<Omit<Ran, 'open'>> {
  const asked = { file: `${ROOT}cli/${name}.ts`, words: [...words], cwd, env: childEnvironment(env) }
  const running = turn.then(() => run(asked))
  turn = running.catch(() => {})
  const { open, ...ran } = await running
  if (open.length > 0) throw new Error(`${name} ${words.join(' ')} leaves open: ${open.join()}`)
  return ran
}
