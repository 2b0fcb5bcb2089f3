// A server in a process of its own for tests that bound its work: what
// a request costs is told by that process, in
// processor time, so that a busy machine changes nothing.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Cost, Route } from './measured-process.ts'
import { childEnvironment } from './child-environment.ts'
import { freePort } from './ports.ts'

export type { Cost, Route }

export interface MeasuredServer {
  url: string
  /** Every route that Fastify has. */
  routes: Route[]
  /**
   * What the server did for it. One at a time.
   * @param run what is asked of the server, and waited for.
   * @param isTooMuch a cost that is measured again, after the garbage was
   * collected: what was compiled or loaded only
   * this once is not what the request costs.
   */
  measure(run: () => Promise<unknown>, isTooMuch: (cost: Cost) => boolean): Promise<Cost>
  isAlive(): boolean
}

const MAX_TRIES = 4

interface Teardown {
  teardown(work: () => unknown): void
}

export async function startMeasured (
  t: Teardown,
  { env = {}, documents = {} }: { env?: Record<string, string>; documents?: Record<string, string> } = {}
): Promise<MeasuredServer> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-measured-'))
  for (const [name, text] of Object.entries(documents)) {
    const path = join(folder, 'docs', name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  }
  const port = await freePort()
  const child = fork(new URL('measured-process.ts', import.meta.url), [], {
    execArgv: ['--expose-gc'],
    env: childEnvironment({
      PORT: String(port),
      DATA_DIR: join(folder, 'data'),
      DOCS_DIR: join(folder, 'docs'),
      RATE_LIMITS: 'off',
      LOG_LEVEL: 'silent',
      ...env
    })
  })
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
    await rm(folder, { recursive: true, force: true })
  })
  const ended = once(child, 'exit').then(() => {
    throw new Error('the server has ended')
  })
  ended.catch(() => {
    /* the next answer that is waited for throws it */
  })
  const told = async <T>(): Promise<T> => (await Promise.race([once(child, 'message'), ended]))[0] as T
  const { routes } = await told<{ routes: Route[] }>()
  return {
    url: `http://localhost:${port}`,
    routes,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    async measure (run, isTooMuch) {
      let cost: Cost | undefined
      for (let tries = 0; tries < MAX_TRIES && (cost === undefined || isTooMuch(cost)); tries++) {
        child.send(tries === 0 ? 'begin' : 'begin clean')
        await told()
        await run()
        child.send('end')
        cost = await told<Cost>()
      }
      return cost!
    }
  }
}
