// Remembers which files of the folder are not documents, and why, so that each is read and logged once; and counts them
// for operators, people and models.
import type { DocumentRights } from '../access-rules/contract.ts'
import { EVERYBODY_ALONE, type Audiences } from './audiences.ts'
import { createLeftOutCounts, type LeftOutCount } from './left-out-counts.ts'

/** A file, or a directory that cannot be opened. */
export interface LeftOut {
  /** The path inside the folder. */
  id: string
  /** A sentence for the operator. */
  reason: string
  /** The same in a word or two. */
  kind: string
}

interface Remembered extends LeftOut {
  /** Milliseconds since the epoch, and bytes, of the file that was read; undefined where a second attempt may succeed. */
  modified?: number | undefined
  bytes?: number | undefined
}

export interface LeftOutFiles {
  /** @returns whether this is new, and so worth a line in the log. */
  add(file: Remembered): boolean
  /** Whether this version of the file was read before. */
  has(id: string, modified: number, bytes: number): boolean
  delete(id: string): void
  ids(): Iterable<string>
  /** @param from, @param to places in the list; all without them. */
  list(from?: number, to?: number): LeftOut[]
  /** What those may know of whose rights cover it. */
  counts(sees: DocumentRights['sees']): LeftOutCount[]
}

/** @returns an empty list, in memory. */
export function createLeftOut (audiences: Audiences = EVERYBODY_ALONE): LeftOutFiles {
  const files = new Map<string, Remembered>()
  const counts = createLeftOutCounts(audiences, () => files.values())
  return {
    add (file) {
      const before = files.get(file.id)
      files.set(file.id, file)
      counts.add(file)
      return before?.reason !== file.reason || before.modified !== file.modified
    },
    has (id, modified, bytes) {
      const file = files.get(id)
      return file !== undefined && file.modified === modified && file.bytes === bytes
    },
    delete: (id) => {
      files.delete(id)
      counts.remove(id)
    },
    ids: () => files.keys(),
    list: (from = 0, to = files.size) =>
      files.values().drop(from).take(to - from).map(({ id, reason, kind }) => ({ id, reason, kind })).toArray(),
    counts: counts.seenBy
  }
}

/** Files that hold no answer in words. */
const MEDIA = new Set(
  'png jpg jpeg gif svg webp avif ico bmp tif tiff heic woff woff2 ttf otf eot mp3 mp4 m4a wav ogg mov avi webm map lock'.split(' ').map((ending) => `.${ending}`)
)

/** As {@link describeLeftOut}, of the files in which an answer could be. */
export const describeUnread = (counts: readonly LeftOutCount[]): string | undefined =>
  describeLeftOut(counts.filter(({ ending }) => !MEDIA.has(ending)))

export const sumOf = (counts: readonly LeftOutCount[]): number => counts.reduce((sum, { count }) => sum + count, 0)

const MAX_GROUPS = 6

/** @returns for example `26 left out: 12 .xlsx (too large), 14 .png (unknown format)`; undefined where nothing is left out. */
export function describeLeftOut (counts: readonly LeftOutCount[]): string | undefined {
  const all = sumOf(counts)
  if (all === 0) return undefined
  const named = ({ ending, kind }: LeftOutCount) => `${ending} (${kind})`
  const groups = counts.toSorted((one, other) => other.count - one.count || (named(one) < named(other) ? -1 : 1))
  const most = groups.slice(0, MAX_GROUPS)
  const rest = all - sumOf(most)
  const shown = most.map((group) => `${group.count} ${named(group)}`)
  return `${all} left out: ${[...shown, ...(rest > 0 ? [`${rest} more`] : [])].join(', ')}`
}
