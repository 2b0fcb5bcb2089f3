// Books (EPUB 3.3): their chapters in the order in which they are read.
import { readHtml } from '../html.ts'
import { EMPTY, LOCKED, type Converted } from './contract.ts'
import { textOf, unpack, type Unpacked } from './zip.ts'
import { textIn, walkXml } from './xml.ts'

/** @returns the chapters, with an empty line between. @throws TooMuch beyond the bounds; Error for a broken file. */
export function readBook (bytes: Uint8Array): Converted {
  const files = unpack(bytes, (name) => /\.(?:opf|x?html?|xml)$/i.test(name))
  const packagePath = packageIn(files)
  const chapters = chaptersOf(files, packagePath)
    .map((path) => readHtml(textOf(files, path)).text)
    .filter((text) => text !== '')
  // §4.2.6.3.1: encrypted files are listed there. Fonts may be as well; the text can be read without them.
  if (chapters.length === 0) return files.has('META-INF/encryption.xml') ? LOCKED : EMPTY
  return { text: chapters.join('\n\n'), title: textIn(textOf(files, packagePath), 'dc:title') }
}

function packageIn (files: Unpacked): string {
  let path = ''
  walkXml(textOf(files, 'META-INF/container.xml'), {
    open: (name, attributes) => {
      if (name === 'rootfile' && path === '') path = attributes['full-path'] ?? ''
    }
  })
  return path
}

function chaptersOf (files: Unpacked, packagePath: string): string[] {
  const items = new Map<string, string>()
  const order: string[] = []
  walkXml(textOf(files, packagePath), {
    open (name, { id = '', href = '', idref = '' }) {
      if (/(?:^|:)item$/.test(name)) items.set(id, decodeURIComponent(new URL(href, `file:///${packagePath}`).pathname.slice(1)))
      if (/(?:^|:)itemref$/.test(name)) order.push(idref)
    }
  })
  return order.flatMap((id) => items.get(id) ?? [])
}
