// Messages that wait to be sent: a bounded number for each mailbox, those of known people first, a few tries over
// minutes (RFC 5321 §4.5.4.1), and a quick end (threats LG-14, RL-06, AW-03).
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { createLanes, givingWay, laneOf, type Lane, type Message, type Waiting } from './lanes.ts'

export interface MailQueue {
  /** Returns at once. */
  add(message: Message): void
  /** Settles when nothing is being sent, or waits for its first try. */
  idle(): Promise<void>
  /** Gives what is being sent a moment, and logs how many messages were not sent. */
  close(): Promise<void>
}

interface Options {
  /** Rejects with an error of nodemailer. */
  deliver(message: Message): Promise<void>
  log: Pick<FastifyBaseLogger, 'error' | 'warn'>
  /** Told of each message that will not be sent. */
  failed?(): void
  /** Before the second try, the third, and so on. */
  retryAfterMs?: readonly number[]
  maxWaiting?: Readonly<Record<Lane, number>>
}

const MAX_WAITING: Readonly<Record<Lane, number>> = { people: 10_000, strangers: 1_000 }
const MAX_AT_ONCE = 5
/** A fault of the network ends in seconds; greylisting (RFC 6647) takes minutes. */
const RETRY_AFTER_MS = [5_000, 300_000]
const CLOSE_WITHIN_MS = 1_000

export function createMailQueue (options: Options): MailQueue {
  const { deliver, log, failed, retryAfterMs = RETRY_AFTER_MS, maxWaiting = MAX_WAITING } = options
  const waits = createWaits(maxWaiting, log)
  const sending = new Set<Promise<void>>()
  let isClosed = false

  function enqueue (waiting: Waiting): void {
    if (isClosed) log.error('a message was dropped: the server is closing')
    else if (waits.add(waiting)) sendWaiting()
  }

  function sendWaiting (): void {
    if (isClosed) return
    for (let waiting; sending.size < MAX_AT_ONCE && (waiting = waits.lanes.next());) {
      const sent = send(waiting).finally(() => {
        sending.delete(sent)
        sendWaiting()
      })
      sending.add(sent)
    }
  }

  async function send ({ message, tries }: Waiting): Promise<void> {
    try {
      await deliver(message)
    } catch (error) {
      const fault = error as SmtpError
      const details = { reason: fault.code, reply: fault.responseCode, tries: tries + 1 }
      const delay = isTemporary(fault) && !isClosed ? retryAfterMs[tries] : undefined
      if (delay === undefined) {
        log.error(details, `a message could not be sent: ${advice(fault)}`)
        failed?.()
        return
      }
      log.warn(details, 'a message could not be sent yet, and is tried again')
      waits.retryLater({ message, tries: tries + 1 }, delay, enqueue)
      return
    }
    await message.delivered?.()
  }

  return {
    add: (message) => enqueue({ message, tries: 0 }),
    async idle () {
      while (sending.size > 0) await Promise.all(sending)
    },
    async close () {
      isClosed = true
      waits.stopRetries()
      if (sending.size > 0) await Promise.race([Promise.all(sending), sleep(CLOSE_WITHIN_MS)])
      const unsent = waits.size() + sending.size
      if (unsent > 0) log.error({ unsent }, 'messages were not sent: the server was stopped while they waited')
    }
  }
}

/** What waits for its first try or, as long as its timer runs, for another one. */
function createWaits (maxWaiting: Readonly<Record<Lane, number>>, log: Options['log']) {
  const lanes = createLanes()
  const retries: Record<Lane, Map<Waiting, NodeJS.Timeout>> = { people: new Map(), strangers: new Map() }

  function dropRetry (lane: Lane, waiting: Waiting): boolean {
    clearTimeout(retries[lane].get(waiting))
    return retries[lane].delete(waiting)
  }

  /** Another site's message is dropped, where that site has more than its share. */
  function makeRoom (lane: Lane, { from }: Message): boolean {
    const gone = givingWay([...lanes.waitingIn(lane), ...retries[lane].keys()], from)
    if (!gone) return false
    if (!dropRetry(lane, gone)) lanes.remove(gone)
    log.error({ lane }, 'a message was dropped: too many wait to be sent, most of them from the same site')
    return true
  }

  return {
    lanes,
    size: () => lanes.size() + retries.people.size + retries.strangers.size,
    /** @returns false where it was dropped. */
    add (waiting: Waiting): boolean {
      const lane = laneOf(waiting.message)
      do {
        if (lanes.add(waiting, maxWaiting[lane] - retries[lane].size)) return true
      } while (makeRoom(lane, waiting.message))
      log.error({ lane }, 'a message was dropped: too many wait to be sent')
      return false
    },
    retryLater (waiting: Waiting, delay: number, again: (waiting: Waiting) => void): void {
      const lane = laneOf(waiting.message)
      const timer = setTimeout(() => {
        dropRetry(lane, waiting)
        again(waiting)
      }, delay)
      retries[lane].set(waiting, timer.unref())
    },
    stopRetries () {
      for (const timers of Object.values(retries)) for (const timer of timers.values()) clearTimeout(timer)
    }
  }
}

/**
 * As nodemailer throws it: `responseCode` is the reply of the SMTP server, if there was one.
 */
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

function advice ({ code, responseCode }: SmtpError): string {
  if (code === 'EAUTH') return 'the mail server does not accept the user name or password in SMTP_URL'
  return responseCode === undefined
    ? 'the mail server could not be reached; check SMTP_URL'
    : 'the mail server refused it; its reply code says why'
}
