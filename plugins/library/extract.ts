// What is taken from one file: its text, its title and its type. A file that cannot serve as a document says why.
import { constants, open, realpath } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import type { IndexedDocument } from './contract.ts'
import type { Conversion, Converted } from './convert-task.ts'

const MB = 1024 * 1024
/** Bytes; text that is longer is data rather than a document. */
export const MAX_FILE_BYTES = 5 * MB
/** Most of a PDF is pictures and fonts. */
const MAX_PDF_BYTES = 50 * MB
/** HTML up to this size is converted at once, in less time than a worker needs to begin. */
const SMALL_HTML = 100_000

const TYPES: Readonly<Record<string, string>> = {
  '.md': 'text/markdown',
  '.markdown': 'text/markdown',
  '.mdx': 'text/markdown',
  '.txt': 'text/plain',
  '.text': 'text/plain',
  '.log': 'text/plain',
  '.html': 'text/html',
  '.htm': 'text/html',
  '.pdf': 'application/pdf',
  '.rst': 'text/x-rst',
  '.adoc': 'text/asciidoc',
  '.org': 'text/org',
  '.csv': 'text/csv',
  '.tsv': 'text/tab-separated-values',
  '.json': 'application/json',
  '.jsonl': 'application/jsonl',
  '.yaml': 'application/yaml',
  '.yml': 'application/yaml',
  '.toml': 'application/toml',
  '.xml': 'application/xml',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.cjs': 'text/javascript'
}

/** Source code, as text. */
const CODE = new Set(
  (
    'ts tsx mts cts jsx vue svelte py rb go rs java kt kts scala groovy c h cc cpp cxx hpp hh cs fs swift m mm php pl pm r jl lua dart ex exs erl hs ml clj ' +
    'el lisp sh bash zsh fish ps1 bat sql graphql gql proto tf scss sass less ini cfg conf'
  ).split(' ')
)

/** @returns the MIME type by the file's ending, or undefined for a file that is no document. */
export function typeOf (path: string): string | undefined {
  const ending = extname(path).toLowerCase()
  return TYPES[ending] ?? (CODE.has(ending.slice(1)) ? `text/x-${ending.slice(1)}` : undefined)
}

/** A file that is left out, with the reason as the operator shall read it. */
export class SkippedFile extends Error {
  override readonly name = 'SkippedFile'
}

/** Converts in a worker. @throws SkippedFile when that takes too long or too much memory. */
export type Convert = (conversion: Conversion) => Promise<Converted>

/**
 * @param root a real path. @param id the file's path inside it.
 * @throws SkippedFile for a file that is too large, broken, no UTF-8 text, or not where its name says; what the file
 * system throws passes.
 */
export async function readDocument (root: string, id: string, convert: Convert): Promise<IndexedDocument> {
  const type = typeOf(id) ?? 'text/plain'
  const { bytes, size, modified } = await readBytes(
    root,
    id,
    type === 'application/pdf' ? MAX_PDF_BYTES : MAX_FILE_BYTES
  )
  const { text, title } = await contentOf(type, bytes, convert)
  return { id, title: oneLine(title) ?? basename(id), text, type, modified, bytes: size }
}

async function readBytes (root: string, id: string, largest: number) {
  const path = join(root, id)
  const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  try {
    // Asked while the file is open: no folder on the way to it is, or has just become, a link to elsewhere.
    if ((await realpath(path)) !== path) throw new SkippedFile('a link leads to it')
    const stats = await file.stat()
    if (!stats.isFile()) throw new SkippedFile('it is not a regular file')
    if (stats.size > largest) throw new SkippedFile(`it is larger than ${largest / MB} MB`)
    return { bytes: await file.readFile(), size: stats.size, modified: stats.mtimeMs }
  } finally {
    await file.close()
  }
}

async function contentOf (
  type: string,
  bytes: Buffer,
  convert: Convert
): Promise<{ text: string; title?: string | undefined }> {
  if (type === 'application/pdf') return converted(await convert({ type, bytes }))
  const source = decode(bytes)
  if (type === 'text/html') { return source.length > SMALL_HTML ? converted(await convert({ type, bytes })) : await convertHtml(source) }
  return { text: source, title: type === 'text/markdown' ? markdownTitle(source) : undefined }
}

function converted (answer: Converted): { text: string; title?: string | undefined } {
  if ('skipped' in answer) throw new SkippedFile(answer.skipped)
  return answer
}

function decode (bytes: Buffer): string {
  if (bytes.includes(0)) throw new SkippedFile('it is binary')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new SkippedFile('it is not UTF-8 text')
  }
}

async function convertHtml (html: string) {
  const { htmlText, htmlTitle } = await import('./html.ts')
  try {
    return { text: htmlText(html), title: htmlTitle(html) }
  } catch (error) {
    if (error instanceof RangeError) throw new SkippedFile('its HTML is nested too deeply')
    throw error
  }
}

const MAX_TITLE_LENGTH = 200

const oneLine = (title: string | undefined): string | undefined =>
  title?.replace(/\s+/g, ' ').trim().slice(0, MAX_TITLE_LENGTH).toWellFormed() || undefined

/** A heading further down, or in a longer line, is not the title; the limits also keep the patterns quick. */
const TITLE_LINES = 200
const TITLE_LINE_LENGTH = 500

/** The `title` of the front matter, else the first heading with words in it, outside code fences. */
function markdownTitle (source: string): string | undefined {
  const lines = source.slice(0, TITLE_LINES * TITLE_LINE_LENGTH).split(/\r?\n/, TITLE_LINES)
  const matterEnd = lines[0] === '---' ? lines.indexOf('---', 1) : -1
  const matter = lines.slice(1, Math.max(1, matterEnd)).find((line) => /^title:\s*\S/.test(line))
  if (matter !== undefined) {
    return matter
      .slice('title:'.length)
      .trim()
      .replace(/^(["'])(.*)\1$/, '$2')
  }
  let fenced = false
  for (const [index, line] of lines.entries()) {
    if (index <= matterEnd || line.length > TITLE_LINE_LENGTH) continue
    if (/^\s{0,3}(```|~~~)/.test(line)) fenced = !fenced
    if (fenced) continue
    const heading = headingOf(line, lines[index + 1] ?? '')
    const words = heading === undefined ? '' : plainWords(heading)
    if (words !== '') return words
  }
  return undefined
}

function headingOf (line: string, next: string): string | undefined {
  const marked = /^#{1,6}[ \t]+(.*)/.exec(line) ?? /<h[1-6]\b[^>]*>(.*?)<\/h[1-6]>/i.exec(line)
  if (marked) return marked[1]!.replace(/[ \t]#+[ \t]*$/, '')
  return /^(=+|-{2,})\s*$/.test(next) && /^[^\s>|#-]/.test(line) ? line : undefined
}

/** Without images, link targets, tags and emphasis. */
const plainWords = (heading: string): string =>
  heading
    .replace(/!\[[^\]]*\](\([^)]*\)|\[[^\]]*\])/g, '')
    .replace(/\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])/g, '$1')
    .replace(/<[^>]*>/g, '')
    .replace(/[`*]/g, '')
    .trim()
