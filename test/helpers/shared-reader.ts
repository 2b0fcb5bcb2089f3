// Documents are read in a worker, and starting one takes more processor
// time than most of the tests: the servers that the tests of a
// room start, and what tools get, have one in common. A library with workers of its own is what the tests of plugins/library/ open, and
// what server processes have.
import fastify, { type FastifyInstance } from 'fastify'
import workers, { type Workers } from '../../plugins/workers.ts'

/** Longer than a room takes: it is there for the next server as well, however long none reads a document. */
const STAYS_MS = 3_600_000

let shared: Promise<Workers> | undefined

async function startShared (): Promise<Workers> {
  const app = fastify()
  await app.register(workers, { idleMs: STAYS_MS })
  return app.workers
}

const isOfLibrary = ({ person }: { person: unknown }): boolean => (person as { server?: string } | null)?.server === 'library'

/** @param app before its plugins are registered. All other work of it has workers of its own. @returns it. */
export function withSharedReader<App extends FastifyInstance> (app: App): App {
  const decorate = app.decorate as (this: unknown, ...args: unknown[]) => unknown
  const share = ({ run }: Workers): Workers => ({
    run: async (task, input, options) => (isOfLibrary(options) ? (await (shared ??= startShared())).run : run)(task, input, options)
  })
  return Object.assign(app, {
    decorate (this: unknown, name: string, value: unknown, ...rest: unknown[]) {
      return decorate.call(this, name, name === 'workers' ? share(value as Workers) : value, ...rest)
    }
  })
}
