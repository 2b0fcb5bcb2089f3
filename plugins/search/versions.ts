// Merges the versions of one page into one hit: a reader needs only one, and the others would displace different pages.
import { wordsOf } from './tokenize.ts'

/** A folder that is named after a version or a state: v1.2, 2.x, 2025-03-26, latest, draft. */
const VERSION = /^(?:v?\d+(?:[.-](?:\d+|x))*(?:-?(?:alpha|beta|rc|pre)[.\d]*)?|latest|stable|current|next|main|master|draft|dev|nightly|unreleased)$/i
/** Characters of two pages that are compared. */
const COMPARED = 4_000
/** The share of all words that must occur in both versions. */
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
 * Keeps the best part of each document, and the best version of each page; among equals the newest.
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
