// A request that waits for a person is open at one instance, and their answer may arrive at any: it is handed to the one
// that has the request open, and what the upstream says then is handed back, sealed.
// Tested in test/plugins/upstreams/elsewhere.test.ts.
import { randomUUID } from 'node:crypto'
import { ProtocolError } from '@modelcontextprotocol/client'
import { z } from 'zod'
import type { EventBus } from '../event-bus.ts'
import type { Sealing } from '../secrets.ts'
import { UpstreamError, type Answered, type UpstreamCaller, type UpstreamFault } from './contract.ts'

/** The person's answer, for whoever has the request open. */
export interface Continuation {
  upstream: string
  state: string
  caller: UpstreamCaller | undefined
  responses: Readonly<Record<string, unknown>>
}

export interface Elsewhere {
  /**
   * @param timeoutMs that the upstream may take.
   * @returns undefined where no other instance has the request open.
   * @throws what the upstream answered there.
   */
  ask(continuation: Continuation, signal: AbortSignal, timeoutMs: number): Promise<Answered | undefined>
  close(): void
}

/** Continues a request here. @returns undefined where it is not open here. */
export type Continue = (continuation: Continuation, signal: AbortSignal) => Promise<Answered> | undefined

const PURPOSE = 'upstream continuation'
const ASKED = 'upstream-asked'
const SAID = 'upstream-said'
/** Milliseconds in which an instance says that it has the request. */
const FOUND_WITHIN_MS = 1_000
/** Characters; it travels through Redis. */
const MAX_ANSWER = 2_000_000

const sealed = z.object({ id: z.uuid(), sealed: z.string() })
type Said =
  | { kind: 'found' }
  | { kind: 'answered'; answered: Answered }
  | { kind: 'failed'; fault: UpstreamFault; message: string; wasSent: boolean }
  | { kind: 'refused'; code: number; message: string; data?: unknown }

export function createElsewhere (bus: EventBus, sealing: Sealing, proceed: Continue): Elsewhere {
  const waiting = new Map<string, (said: Said) => void>()
  const running = new Map<string, AbortController>()
  const write = (topic: string, id: string, message: unknown) =>
    bus.publish(topic, { id, sealed: sealing.seal(PURPOSE, Buffer.from(JSON.stringify(message))) })
  const read = (text: string): unknown => {
    const opened = sealing.unseal(PURPOSE, text)
    return opened && JSON.parse(opened.toString())
  }

  const stopAsked = bus.subscribe(ASKED, sealed, ({ id, sealed: text }) => {
    // What this instance asks, it has not open itself.
    if (waiting.has(id)) return
    const asked = read(text) as Continuation | 'gone' | undefined
    if (asked === 'gone') running.get(id)?.abort(new Error('the caller has gone'))
    else if (asked) answer(id, asked)
  })
  const stopSaid = bus.subscribe(SAID, sealed, ({ id, sealed: text }) => {
    const said = waiting.has(id) ? (read(text) as Said | undefined) : undefined
    if (said) waiting.get(id)?.(said)
  })

  async function answer (id: string, asked: Continuation): Promise<void> {
    const controller = new AbortController()
    const going = proceed(asked, controller.signal)
    if (!going) return
    running.set(id, controller)
    write(SAID, id, { kind: 'found' } satisfies Said)
    write(SAID, id, await going.then(saidOf).catch((error: unknown) => failureOf(asked.upstream, error)))
    running.delete(id)
  }

  return {
    async ask (continuation, signal, timeoutMs) {
      signal.throwIfAborted()
      const id = randomUUID()
      const said = await new Promise<Said | undefined>((resolve, reject) => {
        let timer = setTimeout(() => resolve(undefined), FOUND_WITHIN_MS)
        const onAbort = () => {
          write(ASKED, id, 'gone')
          reject(signal.reason)
        }
        signal.addEventListener('abort', onAbort, { once: true })
        waiting.set(id, (said) => {
          clearTimeout(timer)
          if (said.kind !== 'found') resolve(said)
          // The instance there has a limit of its own.
          else timer = setTimeout(() => resolve(said), timeoutMs + FOUND_WITHIN_MS)
        })
        write(ASKED, id, continuation)
      }).finally(() => waiting.delete(id))
      return said && resultOf(continuation.upstream, said)
    },
    close () {
      stopAsked()
      stopSaid()
    }
  }
}

function saidOf (answered: Answered): Said {
  if (JSON.stringify(answered).length <= MAX_ANSWER) return { kind: 'answered', answered }
  return { kind: 'failed', fault: 'malformed', message: 'its answer is too large for another instance', wasSent: true }
}

function failureOf (upstream: string, error: unknown): Said {
  if (error instanceof ProtocolError) return { kind: 'refused', code: error.code, message: error.message, data: error.data }
  const { fault, message, wasSent } =
    error instanceof UpstreamError ? error : new UpstreamError(upstream, 'failed', (error as Error).message)
  return { kind: 'failed', fault, message, wasSent }
}

function resultOf (upstream: string, said: Said): Answered {
  switch (said.kind) {
    case 'answered':
      return said.answered
    case 'refused':
      throw ProtocolError.fromError(said.code, said.message, said.data)
    case 'failed':
      throw new UpstreamError(upstream, said.fault, said.message, { wasSent: said.wasSent })
    case 'found':
      throw new UpstreamError(upstream, 'timeout', 'another instance did not answer')
  }
}
