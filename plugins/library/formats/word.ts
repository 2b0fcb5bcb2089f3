// Word documents (ISO/IEC 29500-1 §17, WordprocessingML): the text with all tracked changes accepted, and its notes.
import { EMPTY, type Converted } from './contract.ts'
import { readElements, type Elements } from './elements.ts'
import { textOf, unpack } from './zip.ts'
import { textIn, walkXml } from './xml.ts'

const PARTS = ['word/document.xml', 'word/footnotes.xml', 'word/endnotes.xml']
const WANTED = new Set([...PARTS, 'word/styles.xml', 'docProps/core.xml'])

const names = { 'w:p': 'p', 'w:tbl': 'table', 'w:tr': 'tr', 'w:tc': 'td' }
/** Deleted text, codes of fields, and alternative forms of the same content. */
const unread = new Set(['w:del', 'w:moveFrom', 'w:delText', 'w:instrText', 'mc:Fallback', 'w:rPrChange', 'w:pPrChange'])
const texts = new Set(['w:t', 'm:t'])

const CHARACTERS: Readonly<Record<string, string>> = { 'w:tab': '\t', 'w:br': '\n', 'w:cr': '\n', 'w:noBreakHyphen': '-' }

/** @returns text, footnotes and title. @throws TooMuch beyond the bounds; Error for a broken file. */
export function readWord (bytes: Uint8Array): Converted {
  const files = unpack(bytes, (name) => WANTED.has(name))
  const titles = titleStyles(textOf(files, 'word/styles.xml'))
  const elements: Elements = {
    names,
    unread: new Set([...unread, 'w:tabs']),
    texts,
    characters: (name) => CHARACTERS[name],
    isTitle: (name, { 'w:val': style = '' }) => name === 'w:pStyle' && titles.has(style)
  }
  const { text, title } = readElements(PARTS.map((name) => textOf(files, name)), elements)
  return text === '' ? EMPTY : { text, title: title ?? textIn(textOf(files, 'docProps/core.xml'), 'dc:title') }
}

/** Ids of styles depend on the language of the program that wrote the file; names do not. */
function titleStyles (styles: string): ReadonlySet<string> {
  const found = new Set<string>()
  let id = ''
  walkXml(styles, {
    open (name, attributes) {
      if (name === 'w:style') id = attributes['w:styleId'] ?? ''
      if (name === 'w:name' && /^(?:title|heading 1)$/i.test(attributes['w:val'] ?? '')) found.add(id)
    }
  })
  return found
}
