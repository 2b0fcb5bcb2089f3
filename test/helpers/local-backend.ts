// The local backend of the servers that tests start: the same code,
// with passwords that cost little. What they cost in
// production is tested in test/auth-backends/.
import fastify from 'fastify'
import type { BackendHost } from '../../auth-backends/contract.ts'
import { openLocal } from '../../auth-backends/local.ts'
import { createPasswordHasher } from '../../auth-backends/password-hashing.ts'
import type { Config } from '../../config/index.ts'
import workers from '../../plugins/workers.ts'

/** A twentieth of the work. The parameters are checked all the same: a hash with others is replaced at sign-in. */
const CHEAP = { memoryCost: 4_096, timeCost: 1 }

/** On a busy machine the first estimate waits long for its worker; what happens after ten seconds is tested elsewhere. */
const PATIENT_MS = 60_000

/** The word lists take a worker most of a second: it loads them once for all servers of a room, however long none signs up. */
const STAYS_MS = 3_600_000
let estimating: Promise<BackendHost['runInWorker']> | undefined

async function startEstimating (): Promise<BackendHost['runInWorker']> {
  const app = fastify()
  await app.register(workers, { idleMs: STAYS_MS })
  return (task, input, { queue = 'sign-in', share }) =>
    app.workers.run(task, input, { person: { server: queue, share }, timeout: PATIENT_MS })
}

/** @returns the configuration with a local backend, if it has one, whose sign-ups and sign-ins are cheap. */
export const withCheapPasswords = (config: Config): Config => ({
  ...config,
  backends: config.backends.map((backend) =>
    backend.id === 'local'
      ? {
          ...backend,
          open: async (host) =>
            openLocal(
              { ...host, spell: (text) => text, runInWorker: await (estimating ??= startEstimating()) },
              createPasswordHasher(undefined, CHEAP)
            )
        }
      : backend
  )
})
