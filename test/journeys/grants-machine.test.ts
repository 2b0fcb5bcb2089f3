// WB-25: ten thousand random steps on grants from two processes on one Redis (redeem, refresh, replay, revoke, expire,
// lock, restart, several at once), and what must hold whatever comes between.
import { fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import fc from '../helpers/fast-check.ts'
import t from 'tap'
import type { Order, Outcome } from '../helpers/grants-worker.ts'
import { noRedis, startRedis } from '../helpers/redis.ts'

const STEPS = 25
const RUNS = 400
const LOOK_EVERY = 3
const USER = 'ann'

/** Seconds. */
const LIFE = {
  accessTokenTtl: 3_600,
  refreshTokenTtl: 86_400,
  grantTtl: 366 * 86_400,
  refreshGrace: 30,
  authorizationCodeTtl: 60
}

/** Of a grant; beyond them the oldest give way. */
const MAX_ACCESS_TOKENS = 20

class Worker {
  readonly #url: string
  #child!: ChildProcess
  #last = 0
  readonly #waiting = new Map<number, (outcome: Outcome) => void>()

  constructor (url: string) {
    this.#url = url
  }

  async start (): Promise<this> {
    this.#child = fork(join(import.meta.dirname, '../helpers/grants-worker.ts'), [
      this.#url,
      USER,
      JSON.stringify(LIFE)
    ])
    const ready = this.#expect(0)
    this.#child.on('message', ({ id, outcome }: { id: number; outcome: Outcome }) => {
      this.#waiting.get(id)?.(outcome)
      this.#waiting.delete(id)
    })
    await ready
    return this
  }

  /** Ends it the hard way and begins anew, with nothing in memory. */
  async restart (): Promise<void> {
    await this.stop()
    await this.start()
  }

  async stop (): Promise<void> {
    const over = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGKILL')
    await over
  }

  tell (at: number, order: Order): Promise<Outcome> {
    const id = ++this.#last
    const answer = this.#expect(id)
    this.#child.send({ id, at, order })
    return answer
  }

  #expect (id: number): Promise<Outcome> {
    return new Promise((resolve) => this.#waiting.set(id, resolve))
  }
}

type Step =
  | { what: 'redeem' | 'refresh' | 'replay' | 'stranger' | 'revoke' | 'lock'; worker: number }
  | { what: 'pass'; seconds: number }
  | { what: 'race'; with: Array<'redeem' | 'refresh' | 'revoke'> }

const worker = fc.nat(1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ what: fc.constant('redeem' as const), worker }) },
  { weight: 30, arbitrary: fc.record({ what: fc.constant('refresh' as const), worker }) },
  { weight: 6, arbitrary: fc.record({ what: fc.constantFrom('replay' as const, 'stranger' as const), worker }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constantFrom('revoke' as const, 'lock' as const), worker }) },
  {
    weight: 15,
    arbitrary: fc.record({ what: fc.constant('pass' as const), seconds: fc.constantFrom(1, 10, 31, 61, 4_000) })
  },
  {
    weight: 8,
    arbitrary: fc.record({
      what: fc.constant('race' as const),
      with: fc.array(fc.constantFrom('redeem' as const, 'refresh' as const, 'revoke' as const), {
        minLength: 2,
        maxLength: 5
      })
    })
  }
)

const redis = await startRedis()
t.teardown(() => redis?.stop())

t.test(
  'whatever comes between, a code works once, one refresh token is current, and what is ended stays ended (WB-25)',
  { skip: redis ? false : noRedis },
  async (t) => {
    const workers = await Promise.all([1, 2].map(() => new Worker(redis!.url).start()))
    t.teardown(() => Promise.all(workers.map((worker) => worker.stop())))
    let now = 1_800_000_000
    let steps = 0

    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: STEPS, maxLength: STEPS }), async (script) => {
        const { code } = await workers[0]!.tell(now, { do: 'issue' })
        const issuedAt = now
        /** Each with the time at which it was last answered. */
        const access = new Map<string, number>()
        /** In the order in which they were answered; the last is the newest known. */
        const refresh: string[] = []
        let redeemed = 0
        let ended = false
        let rotatedAt = now

        const order = (what: string): Order | undefined => {
          const newest = refresh.at(-1)
          if (what === 'redeem') return { do: 'redeem', code: code!, client: 'c' }
          if (newest === undefined) return undefined
          if (what === 'refresh') return { do: 'refresh', token: newest, client: 'c' }
          if (what === 'replay') return { do: 'refresh', token: refresh[0]!, client: 'c' }
          if (what === 'stranger') return { do: 'refresh', token: newest, client: 'another' }
          return { do: 'revoke', token: newest, client: 'c' }
        }
        const note = (asked: Order, outcome: Outcome) => {
          if (outcome.access) {
            if (asked.do === 'redeem') redeemed++
            if (!access.has(outcome.access)) access.set(outcome.access, now)
            if (!refresh.includes(outcome.refresh!)) {
              refresh.push(outcome.refresh!)
              rotatedAt = now
            }
          }
          if (outcome.spent) ended = true
        }

        for (const [index, next] of script.entries()) {
          steps++
          if (next.what === 'pass') now += next.seconds
          else if (next.what === 'lock') note({ do: 'lock' }, await workers[next.worker]!.tell(now, { do: 'lock' }))
          else if (next.what === 'race') {
            const orders = next.with.map(order).filter((asked) => asked !== undefined)
            const outcomes = await Promise.all(orders.map((asked, index) => workers[index % 2]!.tell(now, asked)))
            orders.forEach((asked, index) => note(asked, outcomes[index]!))
          } else {
            const asked = order(next.what)
            if (asked) {
              const outcome = await workers[next.worker]!.tell(now, asked)
              note(asked, outcome)
              if (next.what === 'stranger' && (outcome.access !== undefined || outcome.spent)) {
                throw new Error('another client touched the grant')
              }
              const mustWork =
                !ended &&
                (next.what === 'refresh'
                  ? now < rotatedAt + LIFE.refreshTokenTtl
                  : next.what === 'redeem' && now < issuedAt + LIFE.authorizationCodeTtl)
              if (mustWork && outcome.access === undefined) {
                throw new Error(`${next.what} was refused within its time: ${outcome.refused}`)
              }
            }
          }
          // Looking costs ten times as much as a step, and what goes wrong stays wrong.
          if (index % LOOK_EVERY !== 0 && index !== script.length - 1) continue
          const { live, currents } = await workers[steps % 2]!.tell(now, {
            do: 'verify',
            tokens: [...access.keys(), ...refresh]
          })
          const young = Math.min(
            MAX_ACCESS_TOKENS,
            [...access.values()].filter((at) => now < at + LIFE.accessTokenTtl).length
          )
          if (redeemed > 1) throw new Error('a code worked twice')
          if (ended && (live !== 0 || currents !== 0)) throw new Error('something is alive after the end')
          if (ended) continue
          if (live !== young) throw new Error(`${live} access tokens are alive, and ${young} are within their time`)
          const hasCurrent = refresh.length > 0 && now < rotatedAt + LIFE.refreshTokenTtl
          if (currents !== Number(hasCurrent)) throw new Error(`${currents} refresh tokens are current`)
        }
      }),
      { numRuns: RUNS }
    )

    // Each restart takes its time, so they are few; here they come after every step.
    for (let round = 0; round < 3; round++) {
      const { code } = await workers[0]!.tell(now, { do: 'issue' })
      const first = await workers[0]!.tell(now, { do: 'redeem', code: code!, client: 'c' })
      await workers[0]!.restart()
      const second = await workers[round % 2]!.tell(now, { do: 'refresh', token: first.refresh!, client: 'c' })
      now += 31
      await workers[1]!.restart()
      t.equal(
        (await workers[1]!.tell(now, { do: 'refresh', token: first.refresh!, client: 'c' })).spent,
        true,
        'reuse is seen by a process that has just begun'
      )
      t.match(await workers[0]!.tell(now, { do: 'verify', tokens: [first.access!, second.access!, second.refresh!] }), {
        live: 0,
        currents: 0
      })
    }
    t.ok(steps >= 10_000, `${steps} steps`)
  }
)
