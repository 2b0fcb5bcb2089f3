// The metrics of the server itself: its version, its documents, and how long storage takes.
import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import * as server from '../../version.ts'
import { sumOf } from '../library/left-out.ts'
import type { Observe } from '../storage/instrumented.ts'
import { BUCKETS, type Prometheus } from './prometheus.ts'

export function describeServer (prometheus: Prometheus, registry: Registry, app: FastifyInstance): void {
  const registers = [registry]
  new prometheus.Gauge({
    name: 'mcp_info',
    help: 'Always 1; its labels say what runs.',
    labelNames: ['version', 'node'],
    registers
  }).set({ version: server.version, node: process.version }, 1)
  const gauge = (name: string, help: string, read: () => number | Promise<number>) =>
    new prometheus.Gauge({
      name,
      help,
      registers,
      async collect () {
        try {
          this.set(await read())
        } catch (err) {
          // One figure that cannot be read must not remove all others, nor look as if nothing ran.
          this.remove()
          app.log.warn({ err }, `${name} could not be read`)
        }
      }
    })
  gauge('mcp_documents', 'Documents in the index.', () => app.library.count())
  gauge('mcp_documents_left_out', 'Files of the folder that are no documents.', () => sumOf(app.library.leftOutCounts()))
  gauge(
    'mcp_index_complete',
    '1 once the folder of documents was read in full, and while the index takes what changes.',
    () => Number(app.library.isComplete())
  )
}

export function timeStorage (prometheus: Prometheus, registry: Registry): Observe {
  const seconds = new prometheus.Histogram({
    name: 'mcp_storage_operation_duration_seconds',
    help: 'Operations of the OAuth storage.',
    labelNames: ['operation', 'outcome'],
    buckets: BUCKETS,
    registers: [registry]
  })
  return async (operation, _kind, work) => {
    const end = seconds.startTimer({ operation })
    try {
      const result = await work()
      end({ outcome: 'ok' })
      return result
    } catch (error) {
      end({ outcome: 'failed' })
      throw error
    }
  }
}
