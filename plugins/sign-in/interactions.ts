// Parked sign-ins: the browser carries an opaque handle, and each handle works in the browser, and after the sign-in in the session, that it was made for (threats LG-07..09, LG-20).
import type { FastifyRequest } from 'fastify'
import { signInExpired } from '../../errors.ts'
import type { Collection } from '../storage/contract.ts'
import { equalSecrets, hashSecret, randomSecret } from '../storage/sealing.ts'
import type { Browser } from './browser.ts'
import type { Interaction } from './contract.ts'

/** Seconds a person has to get from one page to the next. */
const LIFETIME = 600

export interface Interactions {
  /** @param handle one of {@link newHandle}. @returns the handle. */
  park (interaction: Interaction, handle?: string): Promise<string>
  /** @throws sign_in_expired also for another browser's. */
  look (request: FastifyRequest, handle: string | undefined): Promise<Interaction>
  /** Of any number of callers one goes on. @throws sign_in_expired. */
  take (request: FastifyRequest, handle: string | undefined): Promise<Interaction>
  /** Spends the handle and parks what comes after it, under `next` or a new one. @returns the handle. @throws sign_in_expired. */
  replace (request: FastifyRequest, handle: string, change: (interaction: Interaction) => Interaction, next?: string): Promise<string>
}

/** Stands for a parked sign-in in forms and addresses. */
export const newHandle = (): string => randomSecret()

export function createInteractions (store: Collection<Interaction>, browser: Browser): Interactions {
  // What is parked under a handle never changes: one request reads it once, and whether it is spent is for `take` to say.
  const read = new WeakMap<FastifyRequest, { handle: string, interaction: Interaction | undefined }>()
  const find = async (request: FastifyRequest, handle: string) => {
    const before = read.get(request)
    if (before?.handle === handle) return before.interaction
    const interaction = await store.find(hashSecret(handle))
    read.set(request, { handle, interaction })
    return interaction
  }
  const look = async (request: FastifyRequest, handle: string | undefined) => {
    const known = browser.known(request)
    const interaction = handle !== undefined && known !== undefined ? await find(request, handle) : undefined
    if (!interaction || !equalSecrets(interaction.browser, known!)) throw signInExpired()
    if (interaction.session !== undefined && interaction.session !== browser.session(request)) throw signInExpired()
    return interaction
  }
  const park = async (interaction: Interaction, handle = newHandle()) => {
    await store.put(hashSecret(handle), interaction, LIFETIME)
    return handle
  }
  const take = async (request: FastifyRequest, handle: string | undefined) => {
    // Looked at first: a stranger's request must not spend somebody's sign-in.
    await look(request, handle)
    const taken = await store.take(hashSecret(handle!))
    if (!taken) throw signInExpired()
    return taken
  }
  return { park, look, take, replace: async (request, handle, change, next) => park(change(await take(request, handle)), next) }
}
