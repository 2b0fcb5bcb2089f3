// Messages that wait to be sent: a place for each recipient, those of people who are known here first, a few tries over minutes (RFC 5321 §4.5.4.1), and a quick end (threats LG-14, RL-06).
import type { FastifyBaseLogger } from 'fastify'

/**
 * What a message is for. `confirm`, `choose` and `taken` follow a sign-up, `reset` a forgotten password, `new-address` goes to an address
 * that is not the account's yet, and a `notice` tells owners what was done with their account.
 */
export type MailPurpose = 'confirm' | 'choose' | 'taken' | 'reset' | 'new-address' | 'notice'

export interface Message { to: string, purpose: MailPurpose, subject: string, text: string }

export interface MailQueue {
  /** Returns at once. A message for the same purpose and recipient that still waits gives way. */
  add (message: Message): void
  /** Settles when nothing is being sent, or waits for its first try. */
  idle (): Promise<void>
  /** Gives what is being sent a moment, and logs how many were not sent. */
  close (): Promise<void>
}

interface Options {
  /** Rejects with an error of nodemailer. */
  deliver (message: Message): Promise<void>
  log: Pick<FastifyBaseLogger, 'error' | 'warn'>
  /** Milliseconds before the second try, the third, and so on. */
  retryAfterMs?: readonly number[]
  maxWaiting?: Readonly<Record<Lane, number>>
}

/** Whoever signs up is a stranger: however many do, they stand in nobody else's way. */
type Lane = 'people' | 'strangers'
const laneOf = ({ purpose }: Message): Lane => purpose === 'confirm' || purpose === 'choose' || purpose === 'taken' ? 'strangers' : 'people'

const MAX_WAITING: Readonly<Record<Lane, number>> = { people: 10_000, strangers: 1_000 }
const MAX_AT_ONCE = 5
/** A fault of the network is over in seconds; greylisting (RFC 6647) takes minutes. */
const RETRY_AFTER_MS = [5_000, 300_000]
const CLOSE_WITHIN_MS = 1_000

interface Waiting { message: Message, tries: number }

export function createMailQueue ({ deliver, log, retryAfterMs = RETRY_AFTER_MS, maxWaiting = MAX_WAITING }: Options): MailQueue {
  const lanes: Record<Lane, Map<string, Waiting>> = { people: new Map(), strangers: new Map() }
  const sending = new Set<Promise<void>>()
  const retries = new Map<NodeJS.Timeout, Message>()
  let isClosed = false

  function enqueue (waiting: Waiting): void {
    const lane = laneOf(waiting.message)
    const key = `${waiting.message.purpose} ${waiting.message.to}`
    if (isClosed || (!lanes[lane].has(key) && lanes[lane].size + retries.size >= maxWaiting[lane])) {
      log.error({ lane }, isClosed ? 'a message was dropped: the server is closing' : 'a message was dropped: too many wait to be sent')
      return
    }
    lanes[lane].set(key, waiting)
    work()
  }

  function next (): Waiting | undefined {
    for (const lane of [lanes.people, lanes.strangers]) {
      const [first] = lane
      if (first) {
        lane.delete(first[0])
        return first[1]
      }
    }
    return undefined
  }

  function work (): void {
    while (!isClosed && sending.size < MAX_AT_ONCE) {
      const waiting = next()
      if (!waiting) return
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
      const { code: reason, responseCode: reply } = error as SmtpError
      const delay = isTemporary(error as SmtpError) ? retryAfterMs[tries] : undefined
      const told = { reason, reply, tries: tries + 1 }
      if (delay === undefined || isClosed) log.error(told, `a message could not be sent: ${advice(error as SmtpError)}`)
      else {
        log.warn(told, 'a message could not be sent yet, and is tried again')
        retryLater({ message, tries: tries + 1 }, delay)
      }
    }
  }

  function retryLater (waiting: Waiting, delay: number): void {
    const timer = setTimeout(() => {
      retries.delete(timer)
      enqueue(waiting)
    }, delay)
    timer.unref()
    retries.set(timer, waiting.message)
  }

  return {
    add (message) { enqueue({ message, tries: 0 }) },
    async idle () {
      while (sending.size > 0) await Promise.all(sending)
    },
    async close () {
      isClosed = true
      for (const timer of retries.keys()) clearTimeout(timer)
      const { promise: timeout, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, CLOSE_WITHIN_MS)
      await Promise.race([Promise.all(sending), timeout])
      clearTimeout(timer)
      const unsent = lanes.people.size + lanes.strangers.size + retries.size + sending.size
      if (unsent > 0) log.error({ unsent }, 'messages were not sent: the server was stopped while they waited')
    }
  }
}

/** As nodemailer throws it: `responseCode` is the reply of the SMTP server, if there was one. */
interface SmtpError { code?: string, responseCode?: number }

/** RFC 5321 §4.2.1: 4yz is worth another try, 5yz is not. Without a reply it was the network, unless the credentials were missing. */
const isTemporary = ({ code, responseCode }: SmtpError): boolean =>
  responseCode === undefined ? code !== 'EAUTH' : responseCode >= 400 && responseCode < 500

const advice = ({ code, responseCode }: SmtpError): string => {
  if (code === 'EAUTH') return 'the mail server does not accept the user name or password in SMTP_URL'
  return responseCode === undefined ? 'the mail server could not be reached; check SMTP_URL' : 'the mail server refused it; its reply code says why'
}
