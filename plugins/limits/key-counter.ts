// Counts by key with @fastify/rate-limit, on Redis where there is one, so that all instances count together.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { StorageUnavailable } from '../storage/contract.ts'

export interface Count {
  /** How many are left in the window. */
  remaining: number
  isExceeded: boolean
  /** Seconds until the window ends, for Retry-After. */
  wait: number
}

export interface KeyCounter {
  /** Counts one. @throws StorageUnavailable. */
  add(key: string): Promise<Count>
  /** Counts nothing. @throws StorageUnavailable. */
  read(key: string): Promise<Count>
}

/** What the library is given in place of a request: it asks it for nothing but the key and the route's options. */
interface Subject {
  key: string
  routeOptions: object
}

/** @param max in a window of so many milliseconds. */
export function createKeyCounter (app: FastifyInstance, max: number, windowMs: number): KeyCounter {
  const count = app.createRateLimit({
    max,
    timeWindow: windowMs,
    keyGenerator: (subject) => (subject as unknown as Subject).key
  })
  const run = async (key: string, increment: boolean): Promise<Count> => {
    const subject: Subject = { key, routeOptions: {} }
    try {
      const counted = await count(subject as unknown as FastifyRequest, { increment })
      // Only an allow list makes it skip the count, and there is none.
      if (counted.isAllowed) return { remaining: max, isExceeded: false, wait: 1 }
      const { remaining, isExceeded, ttlInSeconds } = counted
      return { remaining, isExceeded, wait: Math.max(1, ttlInSeconds) }
    } catch (error) {
      throw new StorageUnavailable('the limits cannot be counted', { cause: error })
    }
  }
  return { add: (key) => run(key, true), read: (key) => run(key, false) }
}
