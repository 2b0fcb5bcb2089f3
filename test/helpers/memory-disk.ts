// Where tests put their temporary folders: in memory, where there is
// plenty of it. Each server that a test starts waits for
// the disk a dozen times, and each of these takes processor time as well.
import { accessSync, constants, readFileSync, statfsSync } from 'node:fs'

const FOLDER = '/dev/shm'
const GB = 1024 ** 3
/** Several times what all rooms that run at once have in their folders. */
const MIN_FREE_BYTES = 4 * GB
const MIN_MEMORY_BYTES = 8 * GB

/** Tests start programs from there. */
const mayExecute = (): boolean => {
  const mount = readFileSync('/proc/mounts', 'utf8').split('\n').find((line) => line.split(' ')[1] === FOLDER)
  const [, , type, options = 'noexec'] = mount?.split(' ') ?? []
  return type === 'tmpfs' && !options.split(',').includes('noexec')
}

/** @returns a folder in memory, or undefined where there is none, or not enough memory (a container has 64 MB). */
export function findMemoryDisk (): string | undefined {
  try {
    accessSync(FOLDER, constants.W_OK)
    const { bavail, bsize } = statfsSync(FOLDER)
    const isEnough = bavail * bsize >= MIN_FREE_BYTES && process.availableMemory() >= MIN_MEMORY_BYTES
    return isEnough && mayExecute() ? FOLDER : undefined
  } catch {
    return undefined
  }
}
