// Whose turn it is: everybody has a line of their own, the lines are served in turn, and nobody takes more than their
// share of the places.

export interface TurnLimits {
  /** Turns that are taken at once, by all together. */
  running: number
  /** And by one person. */
  runningEach: number
  /** Of one person. */
  waitingEach: number
  /** Of all together. */
  waiting: number
}

interface Waiter {
  begin(): void
  refuse(error: Error): void
}
interface Line {
  running: number
  waiting: Waiter[]
}

/** Too many wait already. `own`: they are this person's. */
export class TooManyWaiting extends Error {
  override readonly name = 'TooManyWaiting'
  readonly own: boolean

  constructor (own: boolean) {
    super('too many wait for a turn')
    this.own = own
  }
}

export class Turns {
  readonly #limits: TurnLimits
  /** In the order in which they are served next; only of those who run or wait. */
  readonly #lines = new Map<string, Line>()
  #running = 0
  #waiting = 0

  constructor (limits: TurnLimits) {
    this.#limits = limits
  }

  /**
   * Waits for a turn of this person.
   * @returns what gives it back, to be called once.
   * @throws TooManyWaiting at once, and also later, when somebody with fewer waiting needs the place; the signal's
   * reason.
   */
  async take (person: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    const line = this.#lines.get(person) ?? { running: 0, waiting: [] }
    if (line.waiting.length >= this.#limits.waitingEach) throw new TooManyWaiting(true)
    this.#lines.set(person, line)
    await this.#wait(line, signal)
    return () => {
      line.running--
      this.#running--
      // To the end: all others are before it the next time.
      this.#lines.delete(person)
      this.#lines.set(person, line)
      this.#serve()
    }
  }

  #wait (line: Line, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => signal.removeEventListener('abort', cancel)
      const waiter: Waiter = {
        begin: () => {
          leave()
          resolve()
        },
        refuse: (error) => {
          leave()
          reject(error)
        }
      }
      const cancel = () => {
        this.#remove(line, waiter)
        reject(signal.reason)
        this.#serve()
      }
      signal.addEventListener('abort', cancel, { once: true })
      line.waiting.push(waiter)
      this.#waiting++
      this.#serve()
      if (this.#waiting > this.#limits.waiting) this.#refuseLast()
    })
  }

  /**
   * One of the longest line gives way, the one that came last: whoever asks for little is heard, however much another
   * asks for.
   */
  #refuseLast (): void {
    const longest = [...this.#lines.values()].reduce((a, b) => (b.waiting.length >= a.waiting.length ? b : a))
    const last = longest.waiting.at(-1)!
    this.#remove(longest, last)
    last.refuse(new TooManyWaiting(longest.waiting.length > 0))
  }

  #remove (line: Line, waiter: Waiter): void {
    line.waiting.splice(line.waiting.indexOf(waiter), 1)
    this.#waiting--
  }

  #serve (): void {
    for (const [person, line] of [...this.#lines]) {
      if (line.running === 0 && line.waiting.length === 0) this.#lines.delete(person)
      if (this.#running >= this.#limits.running || line.running >= this.#limits.runningEach) continue
      const waiter = line.waiting[0]
      if (!waiter) continue
      this.#remove(line, waiter)
      line.running++
      this.#running++
      waiter.begin()
    }
  }
}
