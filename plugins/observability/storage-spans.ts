// A span for each operation of storage, in the trace of the request that caused it.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Observe } from '../storage/instrumented.ts'
import type { OpenSpan, Place } from './spans.ts'

export const traceStorage = (open: OpenSpan, active: AsyncLocalStorage<Place>): Observe =>
  async (operation, kind, work) => {
    const parent = active.getStore()
    // What no request asked for, such as a sweep, is in no trace.
    if (!parent) return work()
    const attributes = {
      'db.operation.name': operation,
      'db.collection.name': kind
    }
    const span = open(`storage ${operation}`, 'client', attributes, parent)
    try {
      return await work()
    } catch (error) {
      span.fail()
      throw error
    } finally {
      span.end()
    }
  }
