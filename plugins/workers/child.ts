// What runs in a worker's process: it closes the process, and then runs one task after the other. No task can
// reach network or files, even with hostile input.
// Tested in test/plugins/workers.test.ts.
import { Socket } from 'node:net'
import { deserialize, serialize } from 'node:v8'
import { type Failure, MAX_RESULT_BYTES, NONCE_BYTES, PIPE_FD, readFrames, ReportKind, writeFrame } from './frames.ts'
import { closeWorker } from './lockdown.ts'
import { isBounded } from './values.ts'

/** From the server, after the nonce, by structured clone. */
export interface Order {
  task: string
  input: unknown
}

/** Characters of each part of a failure; as JSON, one takes up to six bytes. */
const MAX_WORDS = 10_000

const exit = process.exit.bind(process)
// Opened before the process is closed: afterwards no pipe can be opened.
const pipe = new Socket({ fd: PIPE_FD })
pipe.on('error', () => exit())
pipe.on('end', () => exit())
const unready = close()

readFrames(
  pipe,
  Infinity,
  async (frame) => {
    const nonce = frame.subarray(0, NONCE_BYTES)
    const begun = () => writeFrame(pipe, nonce, Buffer.of(ReportKind.begun))
    const [kind, body] =
      unready === undefined
        ? await run(deserialize(frame.subarray(NONCE_BYTES)) as Order, begun)
        : [ReportKind.unready, Buffer.from(unready)]
    writeFrame(pipe, nonce, Buffer.of(kind), body)
  },
  () => exit(1)
)

/** @returns why the process could not be closed: then it runs no task. No one reads what a worker prints. */
function close (): string | undefined {
  try {
    closeWorker(process.argv.slice(2))
    return undefined
  } catch (error) {
    return String(error)
  }
}

async function run ({ task, input }: Order, begun: () => void): Promise<[kind: number, body: Uint8Array]> {
  try {
    const { default: work } = (await import(task)) as { default: (input: unknown) => unknown }
    begun()
    const result = serialize(await work(input))
    if (result.length > MAX_RESULT_BYTES || !isBounded(result)) {
      throw Object.assign(new Error('The result would be too large to return. Ask for less at once.'), {
        name: 'ToolError'
      })
    }
    return [ReportKind.result, result]
  } catch (error) {
    const { name = 'Error', message = String(error), stack } = Object(error) as Partial<Error>
    const words = (text: unknown) => String(text).slice(0, MAX_WORDS)
    const failure: Failure = { name: words(name), message: words(message), stack: stack && words(stack) }
    return [ReportKind.failure, Buffer.from(JSON.stringify(failure))]
  }
}
