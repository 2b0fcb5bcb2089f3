// A free loopback port, for servers that must know their own address
// before they listen. It lies below those that the
// system gives away itself (from 32768 on Linux), and is not handed out
// twice: nobody else takes it in the meantime.
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

const FIRST = 15_000
const END = 32_768
/** What the data of the first version is bound to. */
const FIRST_VERSION = 21_874
const given = new Set<number>([FIRST_VERSION])

export async function freePort (): Promise<number> {
  const port = randomInt(FIRST, END)
  if (given.has(port) || !(await isFree(port))) return freePort()
  given.add(port)
  return port
}

function isFree (port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => {
      server.close(() => resolve(true))
    })
  })
}
