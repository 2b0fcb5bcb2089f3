// What the operating system says of a process: the time it has had of the processor, and the memory it holds. Nothing in the
// measured process takes part (Linux: proc(5)).
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

export interface Usage {
  /** Microseconds, to a hundredth of a second. */
  cpu: number
  /** Bytes. */
  rss: number
}

const TICKS_A_SECOND = Number(execFileSync('getconf', ['CLK_TCK']))
const PAGE_BYTES = Number(execFileSync('getconf', ['PAGESIZE']))

/** @throws where the system has no /proc, or no such process. */
export function usageOf (pid: number): Usage {
  const { ticks, rss } = read(pid)!
  return { cpu: (ticks / TICKS_A_SECOND) * 1e6, rss: rss * PAGE_BYTES }
}

/** The same of a process and of all that it has started: workers are part of what a server costs. */
export function usageWithChildren (pid: number): Usage {
  const all = family(pid).flatMap((each) => (read(each) ? [usageOf(each)] : []))
  return { cpu: all.reduce((sum, { cpu }) => sum + cpu, 0), rss: all.reduce((sum, { rss }) => sum + rss, 0) }
}

/** Fields of /proc/PID/stat behind the name, which may hold blanks: 2 is the parent, 12 and 13 the times, 22 the pages. */
function read (pid: number): { parent: number; ticks: number; rss: number } | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]), rss: Number(fields[21]) }
  } catch {
    return undefined
  }
}

function family (pid: number): number[] {
  const parents = new Map(
    readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((name) => [Number(name), read(Number(name))?.parent])
  )
  const found = [pid]
  // A list also visits what is added meanwhile.
  for (const each of found) found.push(...[...parents].filter(([, parent]) => parent === each).map(([id]) => id))
  return found
}
