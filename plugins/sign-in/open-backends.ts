// Opens the backends of AUTH_BACKEND with what the server gives them.
import type { FastifyInstance } from 'fastify'
import type { AuthBackend, BackendHost } from '../../auth-backends/contract.ts'
import { createLocalAccounts } from '../accounts/local-accounts.ts'
import type { Options } from './parts.ts'

/** @returns the backends by id, in the order of AUTH_BACKEND. @throws what a backend throws that cannot be opened. */
export async function openBackends (app: FastifyInstance, { backends, publicUrl, mcpUrl }: Options): Promise<Map<string, AuthBackend>> {
  const runInWorker: BackendHost['runInWorker'] = (task, input, { timeout, queue = 'sign-in', share }) =>
    app.workers.run(task, input, { person: { server: queue, share }, timeout })
  const host: Omit<BackendHost, 'spell'> = {
    accounts: createLocalAccounts(app.storage, app.now),
    sendsMail: app.mail.isOn,
    publicUrl,
    homeUrl: mcpUrl,
    now: app.now,
    runInWorker,
    log: app.log
  }
  const opened = new Map<string, AuthBackend>()
  for (const backend of backends) opened.set(backend.id, await backend.open(host))
  return opened
}
