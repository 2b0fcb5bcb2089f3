// Runs an operator's commands for commands.ts, one after the other, each as if this process had been started for it: only
// what is loaded stays.
import { pathToFileURL } from 'node:url'

export interface Asked {
  /** Absolute. */
  file: string
  words: string[]
  cwd: string
  env: NodeJS.ProcessEnv
}

export interface Ran {
  status: number
  stdout: string
  stderr: string
  /** What would keep a process from ending. */
  open: string[]
}

const UMASK = process.umask()
let runs = 0

/** @returns what is written to a stream until it is given back. */
function capture (stream: NodeJS.WriteStream): () => string {
  const { write } = stream
  let written = ''
  stream.write = ((text: string | Uint8Array) => {
    written += typeof text === 'string' ? text : Buffer.from(text).toString()
    return true
  }) as typeof stream.write
  return () => {
    stream.write = write
    return written
  }
}

async function run ({ file, words, cwd, env }: Asked): Promise<Ran> {
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, env)
  process.chdir(cwd)
  process.umask(UMASK)
  process.argv = [process.execPath, file, ...words]
  process.exitCode = undefined
  const [stdout, stderr] = [capture(process.stdout), capture(process.stderr)]
  const before = openNow()
  try {
    // With another query it is evaluated again.
    await import(`${pathToFileURL(file).href}?run=${++runs}`)
  } catch (error) {
    process.stderr.write(`${(error as Error).stack}\n`)
    process.exitCode = 1
  }
  const ran = { status: Number(process.exitCode ?? 0), stdout: stdout(), stderr: stderr() }
  return { ...ran, open: await openBesides(before) }
}

/** Without pipes: those to the test come and go, and one to a child comes with the child. */
const openNow = () => process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap')

/** What a command has closed takes a moment to go. */
async function openBesides (before: readonly string[]): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const left = [...before]
    const open = openNow().filter((name) => {
      const known = left.indexOf(name)
      if (known >= 0) left.splice(known, 1)
      return known < 0
    })
    if (open.length === 0 || tries === 100) return open
    await new Promise((resolve) => setImmediate(() => setTimeout(resolve, 10).unref()))
  }
}

process.on('message', async (asked: Asked) => { process.send!(await run(asked)) })
