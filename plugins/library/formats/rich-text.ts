// Rich Text Format 1.9.1 (WordPad, TextEdit, old Word): its characters, without fonts, pictures and fields,
// and its footnotes after them.
import { withoutTrailingSpaces } from '../text-writer.ts'
import { EMPTY, type Converted } from './contract.ts'
import { TooMuch } from './zip.ts'

/** Groups whose text is not part of the document. */
const UNREAD = new Set(
  'fonttbl colortbl stylesheet listtable listoverridetable info pict object themedata colorschememapping latentstyles datastore rsidtbl generator xmlnstbl fldinst header headerl headerr headerf footer footerl footerr footerf filetbl revtbl pgptbl'.split(' ')
)
const CHARACTERS: Readonly<Record<string, string>> = {
  par: '\n', line: '\n', sect: '\n\n', page: '\n\n', row: '\n', tab: '\t', emdash: '—', endash: '–', bullet: '•', lquote: '‘', rquote: '’', ldblquote: '“', rdblquote: '”', emspace: ' ', enspace: ' '
}
const MAX_DEPTH = 1_000
/** A word with its number, an escaped byte, a symbol, a brace, or text up to any of these. */
const TOKEN = /\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\([^a-z'])|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\/gi

interface Group {
  isUnread: boolean
  /** Which of the texts it belongs to: 0 is the document, each further one a footnote. */
  text: number
  /** How many characters after `\u` replace it in programs without Unicode. */
  fallback: number
}

/** @returns the text. @throws TooMuch beyond the bounds; Error for a broken file. */
export function readRichText (bytes: Uint8Array): Converted {
  // All of it is ASCII; bytes of other alphabets are escaped.
  const source = Buffer.from(bytes).toString('latin1')
  if (!source.startsWith('{\\rtf')) throw new Error('no RTF')
  const decoder = decoderOf(/\\ansicpg(\d{1,5})/.exec(source.slice(0, 1_000))?.[1])
  const groups: Group[] = [{ isUnread: false, text: 0, fallback: 1 }]
  const texts = ['']
  let skip = 0
  let escaped: number[] = []
  const say = (said: string) => {
    const { isUnread, text } = groups.at(-1)!
    if (!isUnread) texts[text] += said
  }
  for (const [, word, number, byte, symbol, brace, plain] of source.matchAll(TOKEN)) {
    if (byte !== undefined) {
      if (skip > 0) skip--
      else escaped.push(Number.parseInt(byte, 16))
      continue
    }
    // Two escaped bytes may be one character.
    if (escaped.length > 0) say(decoder.decode(Uint8Array.from(escaped)))
    escaped = []
    const group = groups.at(-1)!
    if (brace === '{') {
      if (groups.push({ ...group }) > MAX_DEPTH) throw new TooMuch('it is nested too deeply')
    } else if (brace === '}') {
      if (groups.length > 1) groups.pop()
      skip = 0
    } else if (plain !== undefined) {
      say(plain.slice(skip))
      skip = Math.max(0, skip - plain.length)
    } else if (symbol !== undefined) {
      if (symbol === '*') group.isUnread = true
      else say({ '~': '\u00a0', _: '-', '-': '' }[symbol] ?? symbol)
    } else if (word === 'u') {
      say(String.fromCharCode((Number(number ?? 0) + 0x10000) % 0x10000))
      skip = group.fallback
    } else if (word === 'uc') group.fallback = Math.min(Number(number ?? 1), 10)
    else if (word === 'footnote') {
      // LibreOffice writes `\*` before it, for programs that do not know footnotes.
      Object.assign(group, { isUnread: groups.at(-2)?.isUnread === true, text: texts.push('') - 1 })
    } else if (word !== undefined && UNREAD.has(word)) group.isUnread = true
    else if (word === 'cell' && !group.isUnread) texts[group.text] = `${texts[group.text]!.trimEnd()}\t`
    else if (word !== undefined && CHARACTERS[word] !== undefined) say(CHARACTERS[word])
  }
  const clean = withoutTrailingSpaces(texts.map((text) => text.trim()).join('\n')).replace(/\n{3,}/g, '\n\n').trim()
  return clean === '' ? EMPTY : { text: clean }
}

function decoderOf (codePage = '1252') {
  const names: Readonly<Record<string, string>> = { 932: 'shift_jis', 936: 'gbk', 949: 'euc-kr', 950: 'big5', 65001: 'utf-8' }
  try {
    return new TextDecoder(names[codePage] ?? `windows-${codePage}`)
  } catch {
    return new TextDecoder('windows-1252')
  }
}
