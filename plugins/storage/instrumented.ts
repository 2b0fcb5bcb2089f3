// Instrumented storage: every operation passes through observers, which time it or write it into a trace. They do not
// learn what is stored or looked for.
import type { Collection, Journal, Storage } from './contract.ts'

/**
 * Runs `work` and hands its result or its error on.
 * @param operation as the contract names it.
 * @param kind of the records.
 */
export type Observe = <R>(operation: string, kind: string, work: () => Promise<R>) => Promise<R>

/** @param observers the first outermost. @returns the storage itself without any. */
export function instrument (storage: Storage, observers: readonly Observe[]): Storage {
  if (observers.length === 0) return storage
  const observe = nest(observers)
  return {
    ...storage,
    collection: <T>(kind: string): Collection<T> => {
      const inner = storage.collection<T>(kind)
      return {
        find: (id) => observe('find', kind, () => inner.find(id)),
        put: (id, record, ttl) => observe('put', kind, () => inner.put(id, record, ttl)),
        create: (id, record, ttl) => observe('create', kind, () => inner.create(id, record, ttl)),
        take: (id) => observe('take', kind, () => inner.take(id)),
        delete: (id) => observe('delete', kind, () => inner.delete(id)),
        update: (id, decide) => observe('update', kind, () => inner.update(id, decide)),
        all: () => inner.all()
      }
    },
    journal: <T>(name: string): Journal<T> => {
      const inner = storage.journal<T>(name)
      return {
        append: (entries) => observe('append', name, () => inner.append(entries)),
        newest: (topic, limit) => observe('newest', name, () => inner.newest(topic, limit)),
        latest: (limit) => observe('latest', name, () => inner.latest(limit)),
        forget: (topic) => observe('forget', name, () => inner.forget(topic)),
        all: (topic) => inner.all(topic)
      }
    },
    count: (increments) => observe('count', 'counter', () => storage.count(increments)),
    counts: (keys) => observe('counts', 'counter', () => storage.counts(keys)),
    check: () => observe('check', 'check', () => storage.check())
  }
}

/** Several observers as one. */
const nest = (all: readonly Observe[]): Observe =>
  all.reduce((outer, inner) => (operation, kind, work) => outer(operation, kind, () => inner(operation, kind, work)))
