// The command line of a worker: limits that the kernel enforces on any code in the process. It writes no
// file, leaves no core dump, and ends with the server.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/**
 * Processor seconds of a worker's whole life, for systems on which it does not learn of the server's death. A worker is
 * replaced long before, see {@link MAX_BUSY_MS}.
 */
const MAX_CPU_SECONDS = 1_800
/** Milliseconds of tasks after which a worker is replaced. */
export const MAX_BUSY_MS = 300_000

const SHELL = '/bin/sh'
/**
 * The size of a file, in blocks of 512 bytes, that SQLite may write to read a database in WAL mode that no other process
 * has open: the index of an empty log (sqlite.org/walformat.html, "The WAL-Index File Format").
 */
const WAL_INDEX_BLOCKS = 64
// The shell's own variables stay here.
const limits = (fileBlocks: number): string =>
  `ulimit -c 0; ulimit -f ${fileBlocks}; ulimit -t ${MAX_CPU_SECONDS}; exec /usr/bin/env -i "$@"`
const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv']
/** The kernel kills the worker when the thread that started it is gone (prctl(2), PR_SET_PDEATHSIG). */
const WITH_PARENT = ['--pdeathsig', 'KILL', '--']

let endsWithParent: string[] | undefined

/** Tried once: BusyBox has a setpriv without this option. */
function findSetpriv (): string[] {
  const works = (path: string): boolean =>
    spawnSync(path, [...WITH_PARENT, SHELL, '-c', ':'], { env: {}, stdio: 'ignore' }).status === 0
  const path = process.platform === 'linux' ? SETPRIV.find((path) => existsSync(path) && works(path)) : undefined
  return path === undefined ? [] : [path, ...WITH_PARENT]
}

/**
 * @param args of `node`.
 * @param opensFiles whether its tasks open database files. Otherwise it cannot write a single byte.
 * @returns the program to start, and its arguments. Where there is no POSIX shell (Windows, images without one), it is
 * Node without any of these limits.
 */
export function commandOf (args: readonly string[], opensFiles = false): [program: string, args: string[]] {
  if (!existsSync(SHELL)) return [process.execPath, [...args]]
  endsWithParent ??= findSetpriv()
  const script = limits(opensFiles ? WAL_INDEX_BLOCKS : 0)
  return [SHELL, ['-c', script, 'worker', ...endsWithParent, process.execPath, ...args]]
}
