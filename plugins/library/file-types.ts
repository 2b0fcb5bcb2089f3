// Which files are documents, by their names, and how large each may be.
// Tested in test/plugins/library/extract.test.ts.
import { basename, extname } from 'node:path'

const MB = 1024 * 1024
/** Bytes; text that is longer is data rather than a document. */
const MAX_TEXT_BYTES = 5 * MB
/** Most of such a file is pictures and fonts. */
const MAX_PACKED_BYTES = 50 * MB

const OFFICE = 'application/vnd.openxmlformats-officedocument.'
const OPEN_DOCUMENT = 'application/vnd.oasis.opendocument.'

/** Read by a parser for each format. */
const PACKED: Readonly<Record<string, string>> = {
  '.pdf': 'application/pdf',
  '.docx': `${OFFICE}wordprocessingml.document`,
  '.docm': `${OFFICE}wordprocessingml.document`,
  '.xlsx': `${OFFICE}spreadsheetml.sheet`,
  '.xlsm': `${OFFICE}spreadsheetml.sheet`,
  '.pptx': `${OFFICE}presentationml.presentation`,
  '.pptm': `${OFFICE}presentationml.presentation`,
  '.odt': `${OPEN_DOCUMENT}text`,
  '.ods': `${OPEN_DOCUMENT}spreadsheet`,
  '.odp': `${OPEN_DOCUMENT}presentation`,
  '.epub': 'application/epub+zip',
  '.eml': 'message/rfc822',
  '.rtf': 'application/rtf'
}

const TEXTS: Readonly<Record<string, string>> = {
  '.md': 'text/markdown',
  '.markdown': 'text/markdown',
  '.mdx': 'text/markdown',
  '.txt': 'text/plain',
  '.text': 'text/plain',
  '.log': 'text/plain',
  '.html': 'text/html',
  '.htm': 'text/html',
  '.xhtml': 'text/html',
  '.rst': 'text/x-rst',
  '.adoc': 'text/asciidoc',
  '.org': 'text/org',
  '.tex': 'text/x-tex',
  '.csv': 'text/csv',
  '.tsv': 'text/tab-separated-values',
  '.json': 'application/json',
  '.jsonl': 'application/jsonl',
  '.ndjson': 'application/jsonl',
  '.ipynb': 'application/x-ipynb+json',
  '.canvas': 'application/json',
  '.yaml': 'application/yaml',
  '.yml': 'application/yaml',
  '.toml': 'application/toml',
  '.xml': 'application/xml',
  '.vtt': 'text/vtt',
  '.srt': 'application/x-subrip',
  '.ics': 'text/calendar',
  '.vcf': 'text/vcard',
  '.diff': 'text/x-diff',
  '.patch': 'text/x-diff',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.cjs': 'text/javascript'
}

/** Source code, as text. */
const CODE = new Set(
  (
    'ts tsx mts cts jsx vue svelte py rb go rs java kt kts scala groovy c h cc cpp cxx hpp hh cs fs swift m mm php pl pm r jl lua dart ex exs erl hs ml clj ' +
    'el lisp sh bash zsh fish ps1 bat sql graphql gql proto tf scss sass less ini cfg conf properties gradle cmake bib'
  ).split(' ')
)

/** The file's name has no ending, so its first bytes decide whether it is text. */
export const UNNAMED = 'text/plain; name=none'

/** @returns the MIME type by the file's ending, or undefined for a file that is not a document. */
export function typeOf (path: string): string | undefined {
  const ending = extname(path).toLowerCase()
  if (ending === '' || /^\.(?:dockerfile|example)$/.test(ending)) return UNNAMED
  return PACKED[ending] ?? TEXTS[ending] ?? (CODE.has(ending.slice(1)) ? `text/x-${ending.slice(1)}` : undefined)
}

/** Packed or binary. */
export const isPacked = (type: string): boolean => PACKED_TYPES.has(type)
const PACKED_TYPES = new Set(Object.values(PACKED))

/** Bytes. */
export const maxBytesOf = (type: string): number => (isPacked(type) ? MAX_PACKED_BYTES : MAX_TEXT_BYTES)

/** For counting: `.docx`, or `no ending`. */
export const endingOf = (path: string): string => extname(path).toLowerCase().slice(0, 20) || 'no ending'

/** The title of a document that has none: its file name, without an ending that means nothing to people. */
export function nameOf (path: string, type: string): string {
  const name = basename(path)
  const isProse = isPacked(type) || /^text\/(?:markdown|html|vtt)$|subrip|ipynb/.test(type)
  return isProse ? name.slice(0, name.length - extname(name).length) || name : name
}
