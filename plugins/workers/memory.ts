// The memory of a worker, measured from outside: the heap has V8's own limit, but buffers have none, and a blocked process
// cannot report.
import { readFileSync, writeFileSync } from 'node:fs'
import { totalmem } from 'node:os'

const MB = 1024 * 1024

/** Bytes of this machine, or of the container if it has a limit. */
const available = (): number => Math.min(totalmem(), process.constrainedMemory() || Infinity)

/** Bytes: what reads a large PDF needs, but never more than half of a small machine. */
export const defaultMaxBytes = (): number => Math.min(512 * MB, available() / 2)

/**
 * @returns resident bytes of a process (proc(5), VmRSS); 0 where it has ended, and on systems without /proc, where only
 * the heap is bounded.
 */
export function residentBytes (pid: number): number {
  try {
    const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
    return Number(kilobytes) * 1024
  } catch {
    return 0
  }
}

/**
 * When the whole machine runs out of memory, the kernel ends this process and not the server (proc(5), oom_score_adj).
 */
export function offerToKernel (pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '1000')
  } catch {
    /* no Linux, or it has ended already */
  }
}
