// The audit log over a storage that is away for as long as a test wants.
import Fastify, { type FastifyServerOptions } from 'fastify'
import fp from 'fastify-plugin'
import type { AuditEvent } from '../../../../plugins/observability/audit/contract.ts'
import audit from '../../../../plugins/observability/audit/index.ts'
import { StorageUnavailable } from '../../../../plugins/storage/contract.ts'

interface Storage {
  away: boolean
  /** What it takes to write so many entries. */
  write?(count: number): Promise<void>
}

/** @param storage may be away, and come back, at any time. */
export async function auditOver (storage: Storage, options: FastifyServerOptions = {}) {
  const written: AuditEvent[] = []
  const journal = {
    async append (entries: Array<{ entry: AuditEvent }>) {
      if (storage.away) throw new StorageUnavailable('away')
      await storage.write?.(entries.length)
      written.push(...entries.map(({ entry }) => entry))
    }
  }
  const app = Fastify(options)
  app.register(
    fp(
      async function storage (app) {
        app.decorate('storage', { journal: () => journal, collection: () => ({}) } as never)
        app.decorate('sealing', {} as never)
        app.decorate('now', () => 0)
      },
      { name: 'storage' }
    )
  )
  app.register(audit)
  await app.ready()
  return { app, written }
}
