// Office formats as the page they would be: their elements under the names of HTML's, so that paragraphs, tables and
// lists come out as they do there.
// Tested in test/plugins/library/convert-task.test.ts.
import { createPage } from '../html.ts'
import { walkXml, type XmlAttributes } from './xml.ts'

/** One vocabulary of elements. */
export interface Elements {
  /** HTML's name for an element; an empty one shows its text in the line. */
  names: Readonly<Record<string, string>>
  /** Their content is no text of the document. */
  unread: ReadonlySet<string>
  /** The only ones whose characters are text; where it is left out, all are. */
  texts?: ReadonlySet<string>
  /** Whether white space collapses, as in HTML. */
  collapses?: boolean
  /** What stands for characters, such as a tab. */
  characters?: (name: string, attributes: XmlAttributes) => string | undefined
  /** Whether the paragraph around is a title, told by something inside it. */
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
