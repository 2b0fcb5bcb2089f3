// Maps the elements of office formats to those of HTML, so that paragraphs, tables and lists become text in the same way.
// Tested in test/plugins/library/convert-task.test.ts.
import { createPage } from '../html.ts'
import { walkXml, type XmlAttributes } from './xml.ts'

/** The elements of one format. */
export interface Elements {
  /** HTML's name for an element; for an empty name its text is inline. */
  names: Readonly<Record<string, string>>
  /** Elements whose content is not part of the text. */
  unread: ReadonlySet<string>
  /** The only elements whose characters are text; if absent, those of all are. */
  texts?: ReadonlySet<string>
  /** Whether white space collapses, as in HTML. */
  collapses?: boolean
  /** The characters that an empty element means, such as a tab. */
  characters?: (name: string, attributes: XmlAttributes) => string | undefined
  /** Whether this element marks the paragraph around it as a title. */
  isTitle?: (name: string, attributes: XmlAttributes) => boolean
  attributes?: (name: string, attributes: XmlAttributes) => Record<string, string>
}

/** @param sources parts of the document, in their order. */
export function readElements (
  sources: readonly string[],
  { names, unread, texts, collapses = false, characters, isTitle, attributes }: Elements
): { text: string; title: string | undefined } {
  const page = createPage()
  let skipped = 0
  let spoken = 0
  const titles: string[] = []
  const open: string[] = []
  const handler = {
    open (name: string, given: XmlAttributes) {
      open.push(name)
      if (skipped > 0 || unread.has(name)) skipped++
      if (skipped > 0) return
      if (texts?.has(name)) spoken++
      const character = characters?.(name, given)
      if (character !== undefined) page.onpreformatted(character)
      if (isTitle?.(name, given)) {
        titles.push(open.at(-3) ?? '')
        page.onopentag('h1', {})
      }
      const shown = names[name]
      if (shown) page.onopentag(shown, attributes?.(name, given) ?? {})
    },
    text (text: string) {
      if (skipped > 0 || (texts && spoken === 0)) return
      if (collapses) page.ontext(text)
      else page.onpreformatted(text)
    },
    close (name: string) {
      open.pop()
      if (skipped > 0) {
        skipped--
        return
      }
      if (texts?.has(name)) spoken--
      if (titles.length > 0 && titles.at(-1) === name) {
        titles.pop()
        page.onclosetag('h1')
      }
      const shown = names[name]
      if (shown) page.onclosetag(shown)
    }
  }
  for (const source of sources) walkXml(source, handler)
  return page.read()
}
