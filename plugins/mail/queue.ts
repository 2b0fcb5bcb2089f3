// Messages that wait to be sent: a place for each recipient, those of people who are known here first, a few tries over
// minutes (RFC 5321 §4.5.4.1), and a quick end (threats LG-14, RL-06).
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'

/**
 * What a message is for. `confirm`, `choose` and `taken` follow a sign-up, `reset` a forgotten password, `new-address`
 * goes to an address
 * that is not the account's yet, a `notice` tells owners what was done with their account, and `app` that an app was
 * connected to it.
 */
export type MailPurpose = 'confirm' | 'choose' | 'taken' | 'reset' | 'new-address' | 'notice' | 'app'

export interface Message {
  to: string
  purpose: MailPurpose
  subject: string
  text: string
}

export interface MailQueue {
  /** Returns at once. A message for the same purpose and recipient that still waits gives way. */
  add(message: Message): void
  /** Settles when nothing is being sent, or waits for its first try. */
  idle(): Promise<void>
  /** Gives what is being sent a moment, and logs how many were not sent. */
  close(): Promise<void>
}

interface Options {
  /** Rejects with an error of nodemailer. */
  deliver(message: Message): Promise<void>
  log: Pick<FastifyBaseLogger, 'error' | 'warn'>
  /** Milliseconds before the second try, the third, and so on. */
  retryAfterMs?: readonly number[]
  maxWaiting?: Readonly<Record<Lane, number>>
}

/** Whoever signs up is a stranger: however many do, they stand in nobody else's way. */
type Lane = 'people' | 'strangers'
const laneOf = ({ purpose }: Message): Lane =>
  purpose === 'confirm' || purpose === 'choose' || purpose === 'taken' ? 'strangers' : 'people'

const MAX_WAITING: Readonly<Record<Lane, number>> = { people: 10_000, strangers: 1_000 }
const MAX_AT_ONCE = 5
/** A fault of the network is over in seconds; greylisting (RFC 6647) takes minutes. */
const RETRY_AFTER_MS = [5_000, 300_000]
const CLOSE_WITHIN_MS = 1_000

interface Waiting {
  message: Message
  tries: number
}

/** What waits for its turn: in each lane one place for a purpose and recipient. */
function createLanes () {
  const lanes: Record<Lane, Map<string, Waiting>> = { people: new Map(), strangers: new Map() }
  return {
    size: () => lanes.people.size + lanes.strangers.size,
    /** @returns false, with nothing changed, where there is no place. */
    add (waiting: Waiting, max: number): boolean {
      const lane = lanes[laneOf(waiting.message)]
      const key = `${waiting.message.purpose} ${waiting.message.to}`
      if (!lane.has(key) && lane.size >= max) return false
      lane.set(key, waiting)
      return true
    },
    next (): Waiting | undefined {
      const lane = lanes.people.size > 0 ? lanes.people : lanes.strangers
      const [first] = lane
      if (first) lane.delete(first[0])
      return first?.[1]
    }
  }
}

export function createMailQueue ({
  deliver,
  log,
  retryAfterMs = RETRY_AFTER_MS,
  maxWaiting = MAX_WAITING
}: Options): MailQueue {
  const lanes = createLanes()
  const sending = new Set<Promise<void>>()
  const retries: Record<Lane, Set<NodeJS.Timeout>> = { people: new Set(), strangers: new Set() }
  let isClosed = false

  function enqueue (waiting: Waiting): void {
    const lane = laneOf(waiting.message)
    if (isClosed) log.error('a message was dropped: the server is closing')
    else if (lanes.add(waiting, maxWaiting[lane] - retries[lane].size)) work()
    else log.error({ lane }, 'a message was dropped: too many wait to be sent')
  }

  function work (): void {
    if (isClosed) return
    for (let waiting; sending.size < MAX_AT_ONCE && (waiting = lanes.next());) {
      const sent = send(waiting).finally(() => {
        sending.delete(sent)
        work()
      })
      sending.add(sent)
    }
  }

  async function send ({ message, tries }: Waiting): Promise<void> {
    try {
      await deliver(message)
    } catch (error) {
      const fault = error as SmtpError
      const told = { reason: fault.code, reply: fault.responseCode, tries: tries + 1 }
      const delay = isTemporary(fault) && !isClosed ? retryAfterMs[tries] : undefined
      if (delay === undefined) {
        log.error(told, `a message could not be sent: ${advice(fault)}`)
        return
      }
      log.warn(told, 'a message could not be sent yet, and is tried again')
      retryLater({ message, tries: tries + 1 }, delay, retries[laneOf(message)])
    }
  }

  function retryLater (waiting: Waiting, delay: number, timers: Set<NodeJS.Timeout>): void {
    const timer = setTimeout(() => {
      timers.delete(timer)
      enqueue(waiting)
    }, delay)
    timers.add(timer.unref())
  }

  return {
    add (message) {
      enqueue({ message, tries: 0 })
    },
    async idle () {
      while (sending.size > 0) await Promise.all(sending)
    },
    async close () {
      isClosed = true
      for (const timer of [...retries.people, ...retries.strangers]) clearTimeout(timer)
      if (sending.size > 0) await Promise.race([Promise.all(sending), sleep(CLOSE_WITHIN_MS)])
      const unsent = lanes.size() + retries.people.size + retries.strangers.size + sending.size
      if (unsent > 0) log.error({ unsent }, 'messages were not sent: the server was stopped while they waited')
    }
  }
}

/** As nodemailer throws it: `responseCode` is the reply of the SMTP server, if there was one. */
interface SmtpError {
  code?: string
  responseCode?: number
}

/**
 * RFC 5321 §4.2.1: 4yz is worth another try, 5yz is not. Without a reply it was the network, unless the credentials
 * were missing.
 */
const isTemporary = ({ code, responseCode }: SmtpError): boolean =>
  responseCode === undefined ? code !== 'EAUTH' : responseCode >= 400 && responseCode < 500

const advice = ({ code, responseCode }: SmtpError): string => {
  if (code === 'EAUTH') return 'the mail server does not accept the user name or password in SMTP_URL'
  return responseCode === undefined
    ? 'the mail server could not be reached; check SMTP_URL'
    : 'the mail server refused it; its reply code says why'
}
