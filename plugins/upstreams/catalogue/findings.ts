// What the operator is told about the lists of an upstream: one line for each cause, with the first names it is about, and
// no line twice, however often the lists are read.
import { printable } from '../../observability/terminal-text.ts'
import type { Log } from './contract.ts'

const MAX_NAMED = 5
const MAX_SHOWN = 64
/**
 * Lines for each upstream while the server runs. One that makes up new names all the time is
 * not listened to for ever.
 */
const MAX_LINES = 100

export interface Findings {
  /**
   * @param cause a sentence's beginning that names follow, or a whole one if there is no name.
   */
  add(cause: string, name?: string): void
  report(log: Log): void
}

export function createFindings (upstream: string): Findings {
  const found = new Map<string, string[]>()
  return {
    add (cause, name) {
      const names = found.get(cause) ?? []
      found.set(cause, name === undefined ? names : [...names, name])
    },
    report (log) {
      for (const [cause, names] of found) warnOnce(log, upstream, names.length === 0 ? cause : `${cause}: ${enumerate(names)}`)
    }
  }
}

/** @returns the first ones, made harmless, and how many there are besides. */
export function enumerate (names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMED).map((name) => printable(name.slice(0, MAX_SHOWN)))
  const others = names.length - shown.length
  return others > 0 ? `${shown.join(', ')} and ${others} more` : shown.join(', ')
}

const saidTo = new WeakMap<Log, Map<string, Set<string>>>()

/** @returns what was said of an upstream since the start, without its name. */
export const saidOf = (log: Log, upstream: string): string[] => [...(saidTo.get(log)?.get(upstream) ?? [])]

/** @param log the same one each time: it is what remembers the lines. */
export function warnOnce (log: Log, upstream: string, line: string): void {
  const byUpstream = saidTo.get(log) ?? new Map<string, Set<string>>()
  const said = byUpstream.get(upstream) ?? new Set<string>()
  saidTo.set(log, byUpstream.set(upstream, said))
  if (said.has(line) || said.size >= MAX_LINES) return
  said.add(line)
  log.warn(`upstream ${upstream}: ${line}`)
  if (said.size === MAX_LINES) log.warn(`upstream ${upstream}: nothing more is said about its lists until the server starts again`)
}
