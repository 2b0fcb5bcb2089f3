// Texts and presentations of LibreOffice (OASIS OpenDocument 1.3), with all tracked changes accepted.
import { EMPTY, LOCKED, type Converted } from './contract.ts'
import { readElements, type Elements } from './elements.ts'
import { textOf, unpack } from './zip.ts'
import { textIn } from './xml.ts'

const WANTED = new Set(['content.xml', 'meta.xml', 'META-INF/manifest.xml'])
const MAX_SPACES = 100

const elements: Elements = {
  names: {
    'text:p': 'p',
    'text:h': 'p',
    'text:list': 'ul',
    'text:list-item': 'li',
    'table:table': 'table',
    'table:table-row': 'tr',
    'table:table-cell': 'td',
    'draw:page': 'section',
    'presentation:notes': 'section',
    'text:line-break': 'br',
    'text:a': 'a'
  },
  unread: new Set(['text:tracked-changes', 'office:annotation', 'office:scripts', 'office:automatic-styles', 'text:page-number', 'svg:desc']),
  texts: new Set(['text:p', 'text:h']),
  collapses: true,
  characters: (name, attributes) => {
    if (name === 'text:tab') return '\t'
    return name === 'text:s' ? ' '.repeat(Math.min(Number(attributes['text:c'] ?? 1) || 1, MAX_SPACES)) : undefined
  },
  attributes: (_, { 'xlink:href': href = '' }): Record<string, string> => ({ href })
}

/** @returns text and title. @throws TooMuch beyond the bounds; Error for a broken file. */
export function readOpenDocument (bytes: Uint8Array): Converted {
  const files = unpack(bytes, (name) => WANTED.has(name))
  if (textOf(files, 'META-INF/manifest.xml').includes('manifest:encryption-data')) return LOCKED
  const content = textOf(files, 'content.xml')
  const { text } = readElements([content], elements)
  const title = textIn(textOf(files, 'meta.xml'), 'dc:title') ?? textIn(content, 'text:h')
  return text === '' ? EMPTY : { text, title }
}
