// The order in which messages wait: people who are known here before strangers, mailboxes one after the other, and in
// each a bounded number of messages for a purpose (threats RL-06, AW-03).
import type { MailText } from './templates.ts'

/**
 * What a message is for. `confirm`, `choose` and `taken` follow a sign-up, `reset` a forgotten password, `new-address`
 * goes to an address that is not the account's yet, `requested` tells owners that such a change was asked for, a `notice`
 * that their account was changed, `app` that an app was connected to it, `key` that an access key was made for it, `lost`
 * that the removal of their second factors was asked for, and `first-factor` that an account without any got one. An
 * `invitation` is for a new person.
 */
export type MailPurpose =
  | 'confirm'
  | 'choose'
  | 'taken'
  | 'reset'
  | 'new-address'
  | 'requested'
  | 'notice'
  | 'app'
  | 'key'
  | 'invitation'
  | 'lost'
  | 'first-factor'

/** A message without its words. */
export interface Addressed {
  to: string
  purpose: MailPurpose
  /** Of what strangers cause: the site or person it was asked for by, whose share of the lane it takes. */
  from?: string
  /** Called once a mail server has taken it. Never rejects. */
  delivered?(): Promise<void>
}

export type Message = Addressed & MailText

export interface Waiting {
  message: Message
  tries: number
}

/** Anyone may sign up, and then name any mailbox as their new one: however many do, they delay nobody else's mail. */
export type Lane = 'people' | 'strangers'

const OF_STRANGERS: readonly MailPurpose[] = ['confirm', 'choose', 'taken', 'new-address']

export const laneOf = ({ purpose }: Message): Lane => (OF_STRANGERS.includes(purpose) ? 'strangers' : 'people')

/**
 * Messages of one purpose that one mailbox is sent in ten minutes: one where a stranger can cause them, a few where only
 * its owner can: what is only asked for uses up nothing of what tells of a change that was made. As many wait at the
 * same time: each notice reports something else, while a newer link replaces an older one.
 */
export const MAX_PER_MAILBOX: Readonly<Record<MailPurpose, number>> = {
  confirm: 1,
  choose: 1,
  taken: 1,
  reset: 1,
  'new-address': 1,
  requested: 1,
  notice: 5,
  app: 5,
  key: 5,
  invitation: 3,
  lost: 3,
  'first-factor': 5
}

export interface Lanes {
  size(): number
  /**
   * The same text waits once; beyond {@link MAX_PER_MAILBOX} the oldest message gives way.
   * @returns false, with nothing changed, when the lane is full.
   */
  add(waiting: Waiting, max: number): boolean
  next(): Waiting | undefined
  /** What waits in a lane. */
  waitingIn(lane: Lane): Waiting[]
  remove(waiting: Waiting): void
}

export function createLanes (): Lanes {
  const lanes = { people: createLane(), strangers: createLane() }
  return {
    size: () => lanes.people.size() + lanes.strangers.size(),
    add: (waiting, max) => lanes[laneOf(waiting.message)].add(waiting, max),
    next: () => lanes.people.next() ?? lanes.strangers.next(),
    waitingIn: (lane) => lanes[lane].list(),
    remove: (waiting) => lanes[laneOf(waiting.message)].remove(waiting)
  }
}

/**
 * @param all that waits, also for another try.
 * @returns what gives way to one more message from a site: the newest of the site that has the most. Undefined where that
 * is the same site, or none has more.
 */
export function givingWay (all: readonly Waiting[], from: string | undefined): Waiting | undefined {
  if (from === undefined) return undefined
  const bySite = Map.groupBy(all, ({ message }) => message.from ?? '')
  const [most = []] = [...bySite.values()].sort((a, b) => b.length - a.length)
  return most.length > (bySite.get(from)?.length ?? 0) + 1 ? most.at(-1) : undefined
}

interface OneLane extends Pick<Lanes, 'size' | 'add' | 'next' | 'remove'> {
  list(): Waiting[]
}

function createLane (): OneLane {
  /** Never empty, the oldest message first. */
  const mailboxes = new Map<string, Waiting[]>()
  let size = 0

  return {
    size: () => size,
    add (waiting, max) {
      const { purpose } = waiting.message
      const key = keyOf(waiting)
      const before = mailboxes.get(key) ?? []
      const others = before.filter(({ message }) => !isSame(message, waiting.message))
      const after = inOrder(others, waiting).slice(-MAX_PER_MAILBOX[purpose])
      const grown = size - before.length + after.length
      if (grown > size && grown > max) return false
      mailboxes.set(key, after)
      size = grown
      return true
    },
    next () {
      const [first] = mailboxes
      if (!first) return undefined
      const [key, [waiting, ...rest]] = first
      mailboxes.delete(key)
      // Behind the others: a mailbox with several messages delays none of them.
      if (rest.length > 0) mailboxes.set(key, rest)
      size--
      return waiting
    },
    list: () => [...mailboxes.values()].flat(),
    remove (gone) {
      const key = keyOf(gone)
      const left = (mailboxes.get(key) ?? []).filter((waiting) => waiting !== gone)
      size -= (mailboxes.get(key)?.length ?? 0) - left.length
      if (left.length > 0) mailboxes.set(key, left)
      else mailboxes.delete(key)
    }
  }
}

const keyOf = ({ message: { to, purpose } }: Waiting): string => `${purpose} ${to}`

const isSame = (one: Message, other: Message): boolean => one.subject === other.subject && one.text === other.text

/** A message that is tried again is older than those that wait for their first try. */
const inOrder = (others: Waiting[], waiting: Waiting): Waiting[] =>
  waiting.tries > 0 ? [waiting, ...others] : [...others, waiting]
