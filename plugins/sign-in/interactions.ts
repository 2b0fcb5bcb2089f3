// Sign-ins under way: the browser carries a handle, and each handle works once, in the browser, and after the sign-in
// in the session, that it was made for (threats LG-07..09, LG-20).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { signInExpired } from '../../errors.ts'
import { equalSecrets } from '../secrets.ts'
import type { Cookies } from './cookies.ts'
import type { Interaction } from './contract.ts'
import type { Handles } from './handles.ts'

export interface Interactions {
  /**
   * @param handle one of {@link newHandle}, for a sign-in that waits for what a backend says.
   * @returns the handle.
   * @throws too_many_requests, invalid_request
   */
  create(request: FastifyRequest, interaction: Interaction, handle?: string): Promise<string>
  /** @throws sign_in_expired also for another browser's; too_many_requests. */
  find(request: FastifyRequest, handle: string | undefined): Promise<Interaction>
  /** Of any number of callers one goes on. @throws sign_in_expired, too_many_requests */
  consume(request: FastifyRequest, handle: string | undefined): Promise<Interaction>
  /**
   * Spends the handle and parks what comes after it, under `next` or a new one.
   * @returns the handle.
   * @throws sign_in_expired, too_many_requests
   */
  advance(
    request: FastifyRequest,
    handle: string,
    change: (interaction: Interaction) => Interaction,
    next?: string
  ): Promise<string>
  /** Stands for a sign-in that will be parked, at the site of a provider. */
  newHandle(): Promise<string>
}

type House = Pick<FastifyInstance, 'limits'>

export function createInteractions ({ limits }: House, handles: Handles, browser: Cookies): Interactions {
  // What a handle stands for never changes: one request reads it once, and whether it is spent is for `take` to say.
  const read = new WeakMap<FastifyRequest, { handle: string; interaction: Interaction | undefined }>()
  const find = async (request: FastifyRequest, handle: string) => {
    const before = read.get(request)
    if (before?.handle === handle) return before.interaction
    const interaction = await handles.find(handle)
    read.set(request, { handle, interaction })
    return interaction
  }
  /** Here, because every page and form of a sign-in passes here: whoever has no session yet is counted by address. */
  const count = async (request: FastifyRequest, { session }: Interaction) => {
    if (session === undefined) await limits.attempt('authorization', request)
  }
  const look = async (request: FastifyRequest, handle: string | undefined) => {
    const known = browser.known(request)
    const interaction = handle !== undefined && known !== undefined ? await find(request, handle) : undefined
    if (!interaction || !equalSecrets(interaction.browser, known!)) throw signInExpired()
    if (interaction.session !== undefined && interaction.session !== browser.session(request)) throw signInExpired()
    await count(request, interaction)
    return interaction
  }
  const newHandle = () => handles.choosePlace()
  const park = async (request: FastifyRequest, interaction: Interaction, given?: string) => {
    await count(request, interaction)
    // What a backend has said is never in the browser, and may be long.
    const isKept = interaction.step !== undefined || interaction.proof !== undefined
    const handle = isKept ? (given ?? (await newHandle())) : handles.seal(interaction)
    if (isKept) await handles.keep(handle, interaction)
    read.set(request, { handle, interaction })
    return handle
  }
  const take = async (request: FastifyRequest, handle: string | undefined) => {
    // Looked at first: a stranger's request must not spend somebody's sign-in.
    const interaction = await look(request, handle)
    if (!(await handles.spend(handle!))) throw signInExpired()
    return interaction
  }
  return {
    create: park,
    find: look,
    consume: take,
    newHandle,
    advance: async (request, handle, change, next) => park(request, change(await take(request, handle)), next)
  }
}
