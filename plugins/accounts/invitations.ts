// Invitations: a link lets one new person in where sign-up is closed, and says who asked them. They are listed with what
// became of them, a bounded number for a bounded time.
// Tested in test/plugins/accounts/invitations.test.ts and test/plugins/accounts/invitation-list.test.ts.
import { parseEmail } from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import { invalidRequest } from '../../errors.ts'
import { equalSecrets, hashSecret, randomSecret } from '../secrets.ts'
import type { Storage } from '../storage/contract.ts'
import type { SettledTime } from '../storage/monotonic-time.ts'
import { createFirstInvitation } from './first-invitation.ts'
import { createInvitationList, MAX_LISTED } from './invitation-list.ts'
import { INVITATION_SECONDS, stateOf, type Invitation, type NewInvitation, type Welcome } from './invitation.ts'
import { BY_OPERATOR, type StillGives } from './owners.ts'

/** How long the list shows one that was used, withdrawn or has expired. */
const KEPT_SECONDS = 30 * 86_400
/** Who has made an account may come for the first time long afterwards, also when whoever invited them is an owner no more. */
const HELD_SECONDS = 366 * 86_400
const ID_BYTES = 8
const LINK = /^([\w-]{11})\.[\w-]{43}$/

/** An invitation that has just been used. */
export interface TakenInvitation extends Welcome {
  /** When no account was made: it is valid again, for as long as before. */
  giveBack(): Promise<void>
}

export interface Invitations {
  /**
   * @returns the secret of a new invitation, valid once, for a week.
   * @throws invalid_request where too many are open.
   */
  invite(asked?: Partial<NewInvitation>): Promise<string>
  isValid(secret: string | undefined): Promise<boolean>
  /** An open one, as it was made. */
  find(secret: string | undefined): Promise<Invitation | undefined>
  /** @returns undefined when it is not valid. Of any number of callers one gets it. */
  take(secret: string | undefined): Promise<TakenInvitation | undefined>
  /**
   * A person with an invitation has made an account, and signs in once they have confirmed the address: what the
   * invitation gives waits for them.
   */
  hold(backend: string, email: string, welcome: Welcome): Promise<void>
  /** @returns what is held for this address, until the person is stored; `void` once nobody stands for it any more. */
  findHeld(backend: string, email: string): Promise<Welcome | 'void' | undefined>
  dropHeld(backend: string, email: string): Promise<void>
  /** Newest first. */
  list(): Promise<Invitation[]>
  /**
   * The link before is void. @param by who sends it again, and stands for it from now on.
   * @returns the secret of another one, for a week; undefined for one that was used or is gone.
   */
  renew(id: string, by: string): Promise<string | undefined>
  /** @returns it as it was; undefined for one that is not open. */
  withdraw(id: string): Promise<Invitation | undefined>
  /** Whose account it made: what names them goes with the account. */
  noteUser(id: string, userId: string): Promise<void>
  forgetUser(userId: string): Promise<void>
  /**
   * The invitation for the first account, replacing those of earlier starts; undefined once
   * there is an account.
   */
  inviteFirst(): Promise<string | undefined>
  /**
   * Records that there is an account: the invitation for a first one is void from now on.
   */
  close(): Promise<void>
}

/**
 * @param stillGives of whoever made one: it counts while they do.
 * @param settled see {@link createInvitationList}.
 */
export function createInvitations (storage: Storage, now: Clock, stillGives: StillGives, settled?: SettledTime): Invitations {
  const first = createFirstInvitation(storage, now)
  const stored = createRecords(storage, now, stillGives, settled)
  const { change, isOpen, opens, list, takePlace, find, drop, records, listed, lifetime } = stored

  return {
    async invite ({ groups = [], language = 'en', by = BY_OPERATOR, ...asked } = {}) {
      const id = randomSecret(ID_BYTES)
      const secret = `${id}.${randomSecret()}`
      await takePlace(id)
      const expiresAt = now() + INVITATION_SECONDS
      const invitation = { ...asked, groups, language, by, id, hash: hashSecret(secret), createdAt: now(), expiresAt }
      await records.put(id, invitation, lifetime(expiresAt))
      return secret
    },
    isValid: async (secret) => secret !== undefined && ((await find(secret)) !== undefined || first.isValid(secret)),
    find,
    async take (secret) {
      const id = idOf(secret)
      if (id === undefined) {
        const taken = secret === undefined ? undefined : await first.take(secret)
        return taken && { ...taken, isFirst: true as const, groups: [] }
      }
      const taken = (await find(secret)) && (await change(id, opens(secret!), (found) => ({ ...found, usedAt: now() })))
      if (!taken) return undefined
      const giveBack = async () => {
        await change(id, ({ hash, usedAt }) => usedAt !== undefined && hash === taken.hash, ({ usedAt: _, ...found }) => found)
      }
      return { id, by: taken.by, groups: taken.groups, giveBack }
    },
    ...createHeld(storage, now, stillGives),
    list,
    async renew (id, by) {
      const secret = `${id}.${randomSecret()}`
      const expiresAt = now() + INVITATION_SECONDS
      const isRenewable = ({ usedAt, withdrawnAt }: Invitation) => usedAt === undefined && withdrawnAt === undefined
      const hash = hashSecret(secret)
      if (!(await change(id, isRenewable, (found) => ({ ...found, hash, expiresAt, by })))) return undefined
      await listed.add(id, expiresAt + KEPT_SECONDS)
      return secret
    },
    withdraw: (id) => change(id, isOpen, (found) => ({ ...found, withdrawnAt: now() })),
    noteUser: listed.noteUser,
    async forgetUser (userId) {
      for (const id of await listed.ofUser(userId)) await drop(id)
    },
    inviteFirst: first.invite,
    close: first.close
  }
}

function createRecords (storage: Storage, now: Clock, stillGives: StillGives, settled?: SettledTime) {
  const records = storage.collection<Invitation>('invitation')
  const listed = createInvitationList(storage, now, settled)

  const lifetime = (until: number) => Math.max(1, until + KEPT_SECONDS - now())
  /** Changes one that is still as `isRight` says. */
  const change = (
    id: string,
    isRight: (found: Invitation) => boolean,
    decide: (found: Invitation) => Invitation
  ): Promise<Invitation | undefined> =>
    records.update<Invitation | undefined>(id, (found) => {
      if (!found || !isRight(found)) return { result: undefined }
      const record = decide(found)
      return { write: { record, ttl: lifetime(record.expiresAt) }, result: found }
    })
  const isOpen = (found: Invitation) => stateOf(found, now()) === 'open'
  const opens = (secret: string) => (found: Invitation) => isOpen(found) && equalSecrets(found.hash, hashSecret(secret))

  async function list (): Promise<Invitation[]> {
    const found = (await Promise.all((await listed.ids()).map((id) => records.find(id)))).filter((one) => one !== undefined)
    const givers = new Map<string, boolean>()
    for (const { by } of found) if (!givers.has(by)) givers.set(by, await stillGives(by))
    return found
      .map((one) => (givers.get(one.by) ? one : { ...one, isVoid: true as const }))
      .sort((a, b) => b.createdAt - a.createdAt)
  }

  /** @throws invalid_request */
  async function takePlace (id: string): Promise<void> {
    const goneAt = now() + INVITATION_SECONDS + KEPT_SECONDS
    if (await listed.add(id, goneAt)) return
    const ended = (await list()).findLast((one) => !isOpen(one))
    if (ended) await drop(ended.id)
    if (!ended || !(await listed.add(id, goneAt))) {
      throw invalidRequest({ key: 'invitations.tooMany', values: { count: MAX_LISTED } })
    }
  }

  async function drop (id: string): Promise<void> {
    await records.delete(id)
    await listed.drop([id])
  }

  async function find (secret: string | undefined): Promise<Invitation | undefined> {
    const id = idOf(secret)
    const found = id === undefined ? undefined : await records.find(id)
    return found && opens(secret!)(found) && (await stillGives(found.by)) ? found : undefined
  }

  return { records, listed, lifetime, change, isOpen, opens, list, takePlace, drop, find }
}

const idOf = (secret: string | undefined): string | undefined => LINK.exec(secret ?? '')?.[1]

/**
 * What waits for a person who has to confirm an address first. It says itself who stands for it: the invitation was used,
 * and makes way in the list for others.
 */
function createHeld (storage: Storage, now: Clock, stillGives: StillGives): Pick<Invitations, 'hold' | 'findHeld' | 'dropHeld'> {
  const held = storage.collection<Welcome & { expiresAt: number }>('heldInvitation')
  const keyOf = (backend: string, email: string) => hashSecret(JSON.stringify([backend, parseEmail(email)]))
  return {
    async hold (backend, email, { id, by, isFirst, groups }) {
      const welcome = { ...(id !== undefined && { id }), ...(by !== undefined && { by }), ...(isFirst && { isFirst }), groups }
      const lifetime = by === undefined ? INVITATION_SECONDS : HELD_SECONDS
      await held.put(keyOf(backend, email), { ...welcome, expiresAt: now() + lifetime }, lifetime)
    },
    async findHeld (backend, email) {
      const found = await held.find(keyOf(backend, email))
      if (!found || found.expiresAt <= now()) return undefined
      if (found.by !== undefined && !(await stillGives(found.by))) return 'void'
      const { expiresAt: _, ...welcome } = found
      return welcome
    },
    dropHeld: (backend, email) => held.delete(keyOf(backend, email))
  }
}
