// Whose turn it is: each caller has a line of their own, the lines are served in turn, no one takes more than their
// share of the places, and a turn that takes long gives way when others wait.

export interface QueueLimits {
  /** Turns at once, of all callers together. */
  running: number
  /** Turns at once of one caller. */
  runningEach: number
  /** Calls of one caller that may wait. */
  waitingEach: number
  /** Calls of all callers that may wait. */
  waiting: number
  /** Milliseconds that a turn has for certain: after that it ends as soon as another caller finds no place. */
  sliceMs: number
  /** Milliseconds before them in which a turn may begin its work, until {@link Turn.begin} is called; none if absent. */
  startMs?: number
}

/** A place that was given. */
export interface Turn {
  /** Aborted with {@link GaveWay} when the place is needed: release it then. */
  readonly signal: AbortSignal
  /** The time of the turn counts from here, where it may begin later than it got its place. */
  begin(): void
  /** Gives the place back. Called once. */
  release(): void
}

interface Waiter {
  begin(turn: Turn): void
  refuse(error: Error): void
}
interface Line {
  running: number
  waiting: Waiter[]
}
interface Running {
  line: Line
  /** Until then nobody else gets its place, by `performance.now()`. */
  until: number
  controller: AbortController
}

/** Too many are waiting already. `own`: they are this caller's. */
export class TooManyWaiting extends Error {
  override readonly name = 'TooManyWaiting'
  readonly own: boolean

  constructor (own: boolean) {
    super('too many wait for a turn')
    this.own = own
  }
}

/** A turn had its time, and others were waiting. */
export class GaveWay extends Error {
  override readonly name = 'GaveWay'
}

export class FairQueue {
  readonly #limits: QueueLimits
  /** In the order in which they are served next, and only those with a call that runs or waits. */
  readonly #lines = new Map<string, Line>()
  readonly #running = new Set<Running>()
  #waiting = 0
  #timer: NodeJS.Timeout | undefined

  constructor (limits: QueueLimits) {
    this.#limits = limits
  }

  /**
   * Waits for a turn of this caller.
   * @throws TooManyWaiting at once, and also later, when a caller with fewer waiting calls needs the place; the
   * signal's reason.
   */
  async take (caller: string, signal: AbortSignal): Promise<Turn> {
    signal.throwIfAborted()
    const line = this.#lines.get(caller) ?? { running: 0, waiting: [] }
    if (line.waiting.length >= this.#limits.waitingEach) throw new TooManyWaiting(true)
    this.#lines.set(caller, line)
    return this.#wait(line, signal)
  }

  #wait (line: Line, signal: AbortSignal): Promise<Turn> {
    return new Promise((resolve, reject) => {
      const leave = () => signal.removeEventListener('abort', cancel)
      const waiter: Waiter = {
        begin: (turn) => {
          leave()
          resolve(turn)
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
   * The longest line gives up its last call: a caller who asks for little is served, however much another asks for.
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
    for (const [caller, line] of [...this.#lines]) {
      if (line.running === 0 && line.waiting.length === 0) this.#lines.delete(caller)
      if (this.#running.size >= this.#limits.running || line.running >= this.#limits.runningEach) continue
      const waiter = line.waiting[0]
      if (!waiter) continue
      this.#remove(line, waiter)
      waiter.begin(this.#start(caller, line))
    }
    this.#schedule()
  }

  #start (caller: string, line: Line): Turn {
    const { sliceMs, startMs = 0 } = this.#limits
    const running: Running = { line, until: performance.now() + startMs + sliceMs, controller: new AbortController() }
    line.running++
    this.#running.add(running)
    return {
      signal: running.controller.signal,
      begin: () => {
        running.until = Math.min(running.until, performance.now() + sliceMs)
        this.#schedule()
      },
      release: () => {
        line.running--
        this.#running.delete(running)
        // To the end: all others come before this caller's next call.
        this.#lines.delete(caller)
        this.#lines.set(caller, line)
        this.#serve()
      }
    }
  }

  /** Ends the longest turn once it has had its time, while a caller waits who has a share left and finds no place. */
  #schedule (): void {
    clearTimeout(this.#timer)
    const waits = [...this.#lines.values()].find(
      (line) => line.waiting.length > 0 && line.running < this.#limits.runningEach
    )
    const isEnding = [...this.#running].some(({ controller }) => controller.signal.aborted)
    const [first] = [...this.#running].filter(({ line }) => line !== waits).sort((a, b) => a.until - b.until)
    if (!waits || !first || isEnding) return
    const giveWay = () => first.controller.abort(new GaveWay('others were waiting'))
    this.#timer = setTimeout(giveWay, Math.max(0, first.until - performance.now()))
  }
}
