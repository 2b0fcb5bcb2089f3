// A wire between the server and Redis that a test can pause, slow down, silence, cut, or make swallow the answers.
import { connect, createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface FaultyWire {
  port: number
  /** What happens to what Redis answers: `0` passes it on at once, a number waits so many ms, `swallow` loses it. */
  answers: number | 'swallow'
  /** What was asked waits until it is false again. */
  paused: boolean
  /** The connections that there are carry nothing from now on, without a word; new ones do. */
  silence(): void
  /** Ends every connection; `refuse` keeps new ones out as well. */
  cut(refuse?: boolean): void
  heal(): void
  close(): void
}

export async function startFaultyWire (target: number): Promise<FaultyWire> {
  const pairs = new Set<[Socket, Socket]>()
  const silent = new WeakSet<[Socket, Socket]>()
  let refusing = false
  const server = createServer((near) => {
    if (refusing) {
      near.destroy()
      return
    }
    const far = connect(target, '127.0.0.1')
    const pair: [Socket, Socket] = [near, far]
    pairs.add(pair)
    const held: Buffer[] = []
    near.on('data', (bytes) => {
      if (silent.has(pair)) return
      held.push(bytes)
      if (!wire.paused) far.write(Buffer.concat(held.splice(0)))
    })
    const timer = setInterval(() => {
      if (!wire.paused && held.length > 0) far.write(Buffer.concat(held.splice(0)))
    }, 20)
    // One after the other: a wire may be slow, but it does not change the order.
    let before: Promise<unknown> = Promise.resolve()
    far.on('data', (bytes) => {
      if (wire.answers === 'swallow' || silent.has(pair)) return
      const due = Date.now() + wire.answers
      before = before.then(() => sleep(Math.max(0, due - Date.now()))).then(() => near.write(bytes))
    })
    for (const socket of pair) {
      socket.on('error', () => {
        /* the other end is told by close */
      })
      socket.on('close', () => {
        clearInterval(timer)
        pairs.delete(pair)
        near.destroy()
        far.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const wire: FaultyWire = {
    port: (server.address() as AddressInfo).port,
    answers: 0,
    paused: false,
    silence () {
      for (const pair of pairs) silent.add(pair)
    },
    cut (refuse = false) {
      refusing = refuse
      for (const [near, far] of pairs) {
        near.destroy()
        far.destroy()
      }
    },
    heal () {
      refusing = false
      wire.answers = 0
      wire.paused = false
    },
    close () {
      wire.cut(true)
      server.close()
    }
  }
  return wire
}
