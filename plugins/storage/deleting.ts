// What is written on the way to a deletion, a lock or a revocation: marks of some bytes, without which nothing may be deleted,
// and which a storage that is full has to take all the same (threat SG-20).
// Tested in test/plugins/accounts/full-storage.test.ts.
import { AsyncLocalStorage } from 'node:async_hooks'

const deleting = new AsyncLocalStorage<true>()

/** @param work writes nothing that somebody else may make large or many. @returns what it returns. */
export const whileDeleting = <R>(work: () => R): R => deleting.run(true, work)

export const isDeleting = (): boolean => deleting.getStore() === true
