// A task for the workers' test that does whatever is asked of it, the bad things too.
import { writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

export type Deed =
  | 'report'
  | 'wait'
  | 'spin'
  | 'native'
  | 'fill'
  | 'huge'
  | 'buffers'
  | 'grow'
  | 'large'
  | 'exit'
  | 'throw'
  | 'refuse'
  | 'nothing'
  | 'speak later'

const kept: Buffer[] = []

export default async function misbehave ({ deed, ms = 0 }: { deed: Deed; ms?: number }): Promise<unknown> {
  switch (deed) {
    case 'report':
      return {
        pid: process.pid,
        secret: process.env['SECRET_KEY'],
        names: Object.keys(process.env),
        bytes: new Uint8Array([1, 2]),
        when: new Date(0)
      }
    case 'wait':
      return new Promise((resolve) => setTimeout(() => resolve(process.pid), ms))
    case 'spin':
      for (;;);
    case 'native':
      return new DatabaseSync(':memory:')
        .prepare('WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n')
        .get()
    case 'fill':
      for (const all: unknown[] = []; ;) all.push(new Array(1_000).fill(Math.random()))
    case 'huge':
      return new Array(120_000_000).fill(1.5).length
    case 'buffers':
      return Array.from({ length: 64 }, () => Buffer.alloc(16 * 1024 * 1024, 1)).length
    case 'grow':
      return { pid: process.pid, bytes: kept.push(Buffer.alloc(200 * 1024 * 1024, 1)) }
    case 'large':
      return Buffer.alloc(40 * 1024 * 1024)
    case 'exit':
      return process.exit(3)
    case 'throw':
      throw new RangeError('too far')
    case 'refuse':
      throw Object.assign(new Error('Ask for less.'), { name: 'ToolError' })
    case 'speak later':
      setTimeout(() => writeSync(3, Buffer.from([0, 0, 0, 1, 0])), ms)
      return process.pid
    case 'nothing':
      return undefined
  }
}
