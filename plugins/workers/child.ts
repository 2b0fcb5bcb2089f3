// What runs in a worker's process: closes it, then does one task after the other. Whatever a task holds or is fed, it
// has nothing to reach.
import { serialize } from 'node:v8'
import { closeWorker } from './lockdown.ts'

/** From the server, by structured clone. */
export interface Order {
  task: string
  input: unknown
}

/**
 * To the server. `result` is serialized here, so that its size is known before it is sent; `unready` says why the
 * process could not be closed, and ends.
 */
export type Report = { result: Uint8Array } | { error: Failure } | { unready: string }

interface Failure {
  name: string
  message: string
  stack?: string | undefined
}

/** A result is held in the server's memory; tasks have narrower limits of their own. */
const MAX_RESULT_BYTES = 32 * 1024 * 1024

const send = process.send!.bind(process)
process.on('disconnect', () => process.exit())
try {
  closeWorker(process.argv.slice(2))
  process.on('message', async (order: Order) => send(await run(order)))
} catch (error) {
  // No task runs where the worker could not be closed. Nobody reads what a worker prints, so it says why.
  send({ unready: String(error) } satisfies Report, () => process.exit(1))
}

async function run ({ task, input }: Order): Promise<Report> {
  try {
    const { default: work } = (await import(task)) as { default: (input: unknown) => unknown }
    const result = serialize(await work(input))
    if (result.length > MAX_RESULT_BYTES) {
      throw Object.assign(new Error('The result would be too large to return. Ask for less at once.'), {
        name: 'ToolError'
      })
    }
    return { result }
  } catch (error) {
    const { name = 'Error', message = String(error), stack } = Object(error) as Partial<Error>
    return { error: { name: String(name), message: String(message), stack: stack && String(stack) } }
  }
}
