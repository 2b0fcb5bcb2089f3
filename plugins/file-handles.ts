// Computes how many connections the limit of open files allows.

/** File handles left for everything else: databases, Redis, Postgres, workers, documents, look-ups. */
const RESERVED_HANDLES = 256

/** At least half of a small limit is left for everything else. */
export const maxConnectionsFor = (maxHandles: number): number =>
  Math.max(maxHandles - RESERVED_HANDLES, Math.floor(maxHandles / 2))

let known: number | undefined

/** The process's limit of open files (`ulimit -n`) as it was at the start; `Infinity` where there is none. */
export const maxFileHandles = (): number => (known ??= readLimit())

/** Node tells it in a report of the whole process alone, which takes milliseconds. */
function readLimit (): number {
  // Otherwise every network interface is looked up by name.
  Object.assign(process.report, { excludeNetwork: true })
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: number | 'unlimited' } } }
  const limit = userLimits?.open_files?.soft
  return typeof limit === 'number' ? limit : Infinity
}
