// What a call costs beyond a route that does nothing, counted and not timed: it is the same on every machine, and grows with
// every object, closure and promise that somebody adds to the way of a call.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { childEnvironment } from '../helpers/child-environment.ts'
import type { Work } from '../helpers/count-work.ts'

const COUNT = new URL('../helpers/count-work.ts', import.meta.url).pathname
/** In MB: nothing is collected while it is counted. */
const YOUNG_SPACE = 256

t.test('a call takes little more than a route that does nothing', async (t) => {
  const flags = ['--expose-gc', `--max-semi-space-size=${YOUNG_SPACE}`, `--min-semi-space-size=${YOUNG_SPACE}`]
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, COUNT], { env: childEnvironment() })
  const { bare, call, ping } = JSON.parse(stdout) as Record<'bare' | 'call' | 'ping', Work>
  t.comment(stdout)
  t.ok(call.bytes < 2.3 * bare.bytes, `${call.bytes} bytes for a call, ${bare.bytes} for the bare route`)
  t.ok(ping.bytes < 1.7 * bare.bytes, `${ping.bytes} bytes for a ping`)
  t.ok(call.promises - bare.promises < 40, `${call.promises} promises for a call, ${bare.promises} for the bare route`)
  t.ok(ping.promises - bare.promises < 13, `${ping.promises} promises for a ping`)
})
