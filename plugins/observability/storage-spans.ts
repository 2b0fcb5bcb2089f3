// A span for each operation of storage, in the trace of the request that caused it.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Context } from '@opentelemetry/api'
import type { Observe } from '../storage/instrumented.ts'
import type { Tools } from './opentelemetry.ts'

export const traceStorage =
  ({ api, tracer }: Tools, active: AsyncLocalStorage<Context>): Observe =>
    async (operation, kind, work) => {
      const parent = active.getStore()
      // What no request asked for, such as a sweep, is in no trace.
      if (!parent) return work()
      const span = tracer.startSpan(
      `storage ${operation}`,
      { kind: api.SpanKind.CLIENT, attributes: { 'db.operation.name': operation, 'db.collection.name': kind } },
      parent
      )
      try {
        return await work()
      } catch (error) {
        span.setStatus({ code: api.SpanStatusCode.ERROR })
        throw error
      } finally {
        span.end()
      }
    }
