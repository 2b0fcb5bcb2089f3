// Files of the operator in JSON (access.json, mcp.json): read with the line of everything, so that what is wrong is named
// by its place.
import { distance } from 'fastest-levenshtein'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Document, Node } from 'yaml'
import type { z } from 'zod'

/** Loads with the first file: most servers have none. */
const require = createRequire(import.meta.url)
/** Bytes: it is read while requests wait. */
const MAX_BYTES = 1024 * 1024

/** Leads from the outermost value to one within it. */
export type Keys = readonly PropertyKey[]

export type Issue = z.core.$ZodIssue

export interface JsonFile {
  value: unknown
  /** @returns the line of what these keys lead to, from 1, or that of the nearest thing around it. */
  lineOf(keys: Keys): number
  /** @returns a sentence that begins with the file and the line. */
  at(keys: Keys, problem: string): string
}

/** @returns what is in the file, or why it is not JSON. @throws when it cannot be read. */
export function readJsonFile (path: string): JsonFile | { problems: string[] } {
  const source = readFileSync(path, 'utf8')
  if (source.length > MAX_BYTES) return { problems: [`${path} is larger than ${MAX_BYTES / 1024} KB`] }
  const { LineCounter, parseDocument } = require('yaml') as typeof import('yaml')
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, schema: 'json', stringKeys: true })
  const say = (offset: number, problem: string) => `${path} line ${lines.linePos(offset).line}: ${problem}`
  const [fault] = document.errors
  const comment = isJson(source) ? null : COMMENT.exec(source.replace(STRING, (text) => '-'.repeat(text.length)))
  if (comment) return { problems: [say(comment.index, 'JSON has no comments; remove this one')] }
  if (fault) {
    if (fault.code === 'DUPLICATE_KEY') return { problems: [say(fault.pos[0], 'a member of this name is there twice; leave one')] }
    return { problems: [say(fault.pos[0], 'this is not JSON; look for a missing comma, quotation mark or bracket here or before')] }
  }
  return {
    value: document.toJS({ maxAliasCount: 0 }),
    lineOf: (keys) => lines.linePos(offsetOf(document, keys)).line,
    at: (keys, problem) => say(offsetOf(document, keys), problem)
  }
}

/** What begins like one in JavaScript, after what may stand before it, outside of texts. */
const STRING = /"(?:[^"\\\n]|\\.)*"/g
const COMMENT = /(?:^|[,{}[\]])[ \t]*\/[/*]/m

/** What is not may still be read: with a comma too many, for example. */
function isJson (source: string): boolean {
  try {
    JSON.parse(source)
    return true
  } catch {
    return false
  }
}

function offsetOf (document: Document, keys: Keys): number {
  for (let length = keys.length; length >= 0; length--) {
    const node = (length === 0 ? document.contents : document.getIn(keys.slice(0, length), true)) as Node | null | undefined
    if (node?.range) return node.range[0]
  }
  return 0
}

/** @returns the name that was probably meant, if one is near. */
export const nearest = (wrong: string, names: readonly string[]): string | undefined =>
  names
    .map((name) => ({ name, far: distance(wrong.toLowerCase().slice(0, 64), name.toLowerCase()) }))
    .filter(({ name, far }) => far <= Math.max(1, name.length / 3))
    .sort((a, b) => a.far - b.far)[0]?.name
