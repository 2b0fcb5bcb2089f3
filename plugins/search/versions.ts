// Several versions of one page are one hit: whoever reads them needs one, and the others would take the places of pages
// that say something else.
import { wordsOf } from './tokenize.ts'

/** A folder that is named after a version or a state: v1.2, 2.x, 2025-03-26, latest, draft. */
const VERSION = /^(?:v?\d+(?:[.-](?:\d+|x))*(?:-?(?:alpha|beta|rc|pre)[.\d]*)?|latest|stable|current|next|main|master|draft|dev|nightly|unreleased)$/i
/** Characters in which two pages are compared. */
const COMPARED = 4_000
/** Of all words in either, so many stand in both versions. */
const MIN_SHARED = 0.5

export interface Page {
  id: string
  title: string
  score: number
}

/** Pages with the same key may be versions of one. */
const pageKey = ({ id, title }: Page): string => {
  const folders = id.split('/')
  const name = folders.pop()!
  return JSON.stringify([title, name, ...folders.filter((folder) => !VERSION.test(folder))])
}

/**
 * Of each document the part that matches best; of the versions of a page the one that matches best, and among equals the
 * newest.
 * @param hits best first. @param textOf is called only for pages with the same title, at paths that differ in a version.
 */
export function eachPageOnce<H extends Page> (hits: readonly H[], limit: number, textOf: (hit: H) => string): H[] {
  const pages: H[] = []
  const ids = new Set<string>()
  const words = (hit: H) => new Set(wordsOf(textOf(hit).slice(0, COMPARED)))
  for (const hit of hits) {
    if (ids.has(hit.id)) continue
    const key = pageKey(hit)
    const at = pages.findIndex((page) => pageKey(page) === key && areAlike(words(page), words(hit)))
    if (at < 0 && pages.length === limit) continue
    ids.add(hit.id)
    if (at < 0) pages.push(hit)
    else if (hit.score === pages[at]!.score && isNewer(hit.id, pages[at]!.id)) pages[at] = hit
  }
  return pages
}

const areAlike = (one: Set<string>, other: Set<string>): boolean =>
  one.intersection(other).size >= MIN_SHARED * one.union(other).size

const isNewer = (id: string, other: string): boolean => id.localeCompare(other, 'en', { numeric: true }) > 0
