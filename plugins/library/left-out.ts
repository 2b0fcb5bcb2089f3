// Remembers which files of the folder are not documents, and why, so that each is read and logged once; and counts them
// for operators, people and models.
import { endingOf } from './file-types.ts'

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
  list(): LeftOut[]
}

/** @returns an empty list, in memory. */
export function createLeftOut (): LeftOutFiles {
  const files = new Map<string, Remembered>()
  return {
    add (file) {
      const before = files.get(file.id)
      files.set(file.id, file)
      return before?.reason !== file.reason || before.modified !== file.modified
    },
    has (id, modified, bytes) {
      const file = files.get(id)
      return file !== undefined && file.modified === modified && file.bytes === bytes
    },
    delete: (id) => {
      files.delete(id)
    },
    ids: () => files.keys(),
    list: () => [...files.values()].map(({ id, reason, kind }) => ({ id, reason, kind }))
  }
}

/** Files that hold no answer in words. */
const MEDIA = new Set(
  'png jpg jpeg gif svg webp avif ico bmp tif tiff heic woff woff2 ttf otf eot mp3 mp4 m4a wav ogg mov avi webm map lock'.split(' ').map((ending) => `.${ending}`)
)

/** As {@link describeLeftOut}, of the files in which an answer could be. */
export const describeUnread = (files: ReadonlyArray<Pick<LeftOut, 'id' | 'kind'>>): string | undefined =>
  describeLeftOut(files.filter(({ id }) => !MEDIA.has(endingOf(id))))

const MAX_GROUPS = 6

/** @returns for example `26 left out: 12 .xlsx (too large), 14 .png (unknown format)`; undefined where nothing is left out. */
export function describeLeftOut (files: ReadonlyArray<Pick<LeftOut, 'id' | 'kind'>>): string | undefined {
  if (files.length === 0) return undefined
  const counts = new Map<string, number>()
  for (const { id, kind } of files) {
    const group = `${endingOf(id)} (${kind})`
    counts.set(group, (counts.get(group) ?? 0) + 1)
  }
  const groups = [...counts].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1))
  const named = groups.slice(0, MAX_GROUPS).map(([group, count]) => `${count} ${group}`)
  const rest = groups.slice(MAX_GROUPS).reduce((sum, [, count]) => sum + count, 0)
  return `${files.length} left out: ${[...named, ...(rest > 0 ? [`${rest} more`] : [])].join(', ')}`
}
