// Sign-ins under way: the browser carries a handle. Each handle works once, and only in the browser it was made for;
// after the sign-in, only in that session (threats LG-07..09, LG-20).
// Tested in test/plugins/sign-in/handles.test.ts.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { signInExpired, type OAuthError, type Reason } from '../../errors.ts'
import { networkOf, siteOf } from '../client-address.ts'
import { equalSecrets } from '../secrets.ts'
import type { Interaction } from './contract.ts'
import type { Cookies } from './cookies.ts'
import type { Handles } from './handles.ts'
import { attemptOf } from './intent.ts'

/** A sign-in, and the handle with which the browser continues it. */
export interface Parked {
  handle: string
  interaction: Interaction
}

export interface Interactions {
  /**
   * @param handle one of {@link newHandle}, for a sign-in that waits for the answer of a backend.
   * @throws too_many_requests, invalid_request
   */
  create(request: FastifyRequest, interaction: Interaction, handle?: string): Promise<Parked>
  /** @throws sign_in_expired, also for another browser's; too_many_requests. */
  find(request: FastifyRequest, handle: string | undefined): Promise<Interaction>
  /**
   * Of any number of callers one succeeds. @throws sign_in_expired, too_many_requests
   */
  consume(request: FastifyRequest, handle: string | undefined): Promise<Interaction>
  /**
   * Consumes the handle and parks the changed sign-in under `next` or a new handle.
   * @throws sign_in_expired, too_many_requests
   */
  advance(
    request: FastifyRequest,
    handle: string,
    change: (interaction: Interaction) => Interaction,
    next?: string
  ): Promise<Parked>
  /**
   * For a sign-in that will be parked: short enough to pass through the site of a provider.
   */
  newHandle(request: FastifyRequest): Promise<string>
}

export function createInteractions (
  { limits, audit, now }: Pick<FastifyInstance, 'limits' | 'audit' | 'now'>,
  handles: Handles,
  cookies: Cookies
): Interactions {
  // The interaction behind a handle never changes: one request reads it once. Whether it is
  // spent is for `consume`.
  const cache = new WeakMap<FastifyRequest, { handle: string; interaction: Interaction | undefined }>()

  async function read (request: FastifyRequest, handle: string): Promise<Interaction | undefined> {
    const cached = cache.get(request)
    if (cached?.handle === handle) return cached.interaction
    const interaction = await handles.find(handle)
    cache.set(request, { handle, interaction })
    return interaction
  }

  /**
   * Here, because every page and form of a sign-in passes here: without a session, requests
   * count by address.
   */
  async function count (request: FastifyRequest, { session }: Interaction): Promise<void> {
    if (session === undefined) await limits.attempt('authorization', request)
  }

  function refuse (request: FastifyRequest, reason: Reason, interaction?: Interaction): OAuthError {
    audit.recordOnce(request, 'sign_in_failed', { reason, ...(interaction && attemptOf(interaction.intent)) })
    return signInExpired().because(reason)
  }

  async function find (request: FastifyRequest, handle: string | undefined): Promise<Interaction> {
    if (handle === undefined) throw signInExpired()
    const browser = cookies.known(request)
    // Without a cookie it is read for the story of the attempt alone, so it counts.
    if (browser === undefined) await limits.attempt('authorization', request)
    const interaction = await read(request, handle)
    if (!interaction) throw refuse(request, 'sign_in_expired')
    if (browser === undefined) throw refuse(request, 'cookies', interaction)
    if (!equalSecrets(interaction.browser, browser)) throw refuse(request, 'other_browser', interaction)
    if (interaction.session !== undefined && interaction.session !== cookies.session(request)) {
      throw refuse(request, 'sign_in_expired', interaction)
    }
    await count(request, interaction)
    request.language = interaction.language ?? request.language
    return interaction
  }

  const newHandle = (request: FastifyRequest) => handles.choosePlace(siteOf(networkOf(request)))

  async function create (request: FastifyRequest, asked: Interaction, given?: string): Promise<Parked> {
    await count(request, asked)
    const interaction = notedSince(asked, now())
    const { step, proof, pending } = interaction
    // What a backend has said never reaches the browser, and may be long.
    const isStored = [step, proof, pending].some((part) => part !== undefined)
    const handle = isStored ? (given ?? (await newHandle(request))) : handles.seal(interaction)
    if (isStored) await handles.store(handle, interaction)
    cache.set(request, { handle, interaction })
    return { handle, interaction }
  }

  async function consume (request: FastifyRequest, handle: string | undefined): Promise<Interaction> {
    // Checked first: a stranger's request must not spend another person's sign-in.
    const interaction = await find(request, handle)
    if (!(await handles.spend(handle!))) throw signInExpired()
    return interaction
  }

  return {
    create,
    find,
    consume,
    newHandle,
    advance: async (request, handle, change, next) => create(request, change(await consume(request, handle)), next)
  }
}

/** With when what waits began to, as long as anything does. */
function notedSince ({ waitingSince, ...rest }: Interaction, now: number): Interaction {
  const { intent, proof, pending } = rest
  const waits = proof !== undefined || pending !== undefined || intent.kind === 'link'
  return waits ? { ...rest, waitingSince: waitingSince ?? now } : rest
}
