// HTML to plain text and title: what is separate on the page is separate in the text (HTML Standard §15.3 "Rendering",
// and "rendered text collection steps" of innerText for tables).
import { Parser } from 'htmlparser2'
import { createTextWriter, type TextWriter } from './text-writer.ts'

const MAX_DEPTH = 1_000

/** @throws RangeError for a page that is nested too deeply: parsing takes time with the depth. */
export function readHtml (html: string): { text: string; title: string | undefined } {
  checkDepth(html)
  const page = createPage()
  const parser = new Parser(page, { decodeEntities: true })
  parser.write(html)
  parser.end()
  return page.read()
}

/** @throws RangeError for a page that is nested too deeply. */
export const htmlText = (html: string): string => readHtml(html).text

/** The first heading, preferably of the main part; otherwise the page's `<title>`. */
export const htmlTitle = (html: string): string | undefined => readHtml(html).title

const words = (names: string): ReadonlySet<string> => new Set(names.split(' '))

/** Elements that never have an end tag, or that the next one of their kind closes. */
const UNNESTED = words(
  'area base br col embed hr img input link meta param source track wbr p li dt dd td th tr thead tbody tfoot option optgroup colgroup rp rt html head body'
)

function checkDepth (html: string): void {
  let depth = 0
  for (const [, end, name] of html.matchAll(/<(\/?)([a-z][a-z0-9-]*)/gi)) {
    if (UNNESTED.has(name!.toLowerCase())) continue
    depth = end === '' ? depth + 1 : Math.max(0, depth - 1)
    if (depth > MAX_DEPTH) throw new RangeError('nested too deeply')
  }
}

/** Elements whose content is not shown as text. */
const UNSEEN = words(
  'script style template noscript svg datalist iframe frame noframes noembed object embed canvas video audio rp area param meta link base'
)
/** `display: inline`: only these do not separate the text before and after them. */
const INLINE = words(
  'a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label map mark nobr output q rb ruby s samp small span strike strong sub sup time tt u var wbr'
)
/** Separate, but in the same line: `display: inline-block` and the like. */
const BESIDE = words('button input select textarea img picture meter progress rt rtc math')
/** MathML. */
const FORMULA = /^m(?:i|n|o|s|text|row|frac|sqrt|root|style|sub|sup|subsup|under|over|table|tr|td|padded|fenced)$/
/** With a margin above and below. */
const PARAGRAPHS = words(
  'p h1 h2 h3 h4 h5 h6 ul ol menu dl blockquote pre listing xmp figure table hr fieldset section article main nav header footer aside details'
)
const PREFORMATTED = words('pre listing xmp textarea')
const CELLS = words('td th')

type Attributes = Record<string, string>

/** The assistant does not read what people do not see. */
const isHidden = ({ hidden, style = '' }: Attributes): boolean =>
  (hidden !== undefined && hidden.toLowerCase() !== 'until-found') ||
  /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)/i.test(style)

/** Parts of a page in reading order: the content comes before the navigation. */
type Part = 'main' | 'article' | 'rest' | 'navigation'

function partOf (name: string, role: string | undefined): Part | undefined {
  if (name === 'main' || role === 'main') return 'main'
  if (name === 'article' || role === 'article') return 'article'
  return name === 'nav' || role === 'navigation' || role === 'banner' || role === 'contentinfo' ? 'navigation' : undefined
}

interface Open {
  name: string
  isHidden: boolean
  isPreformatted: boolean
  part: Part
  /** Receives its text. */
  writer: TextWriter
  /** Of a row: its cells so far. */
  row?: { cells: string[]; isLayout: boolean }
  /** Of a numbered list: how many so far. */
  items?: number
  href?: string
  /** Of a link: what was written before it. */
  from?: number
}

/** Builds the text of a page from its elements, in the order of the parser. Other formats map theirs to the names of HTML. */
export function createPage () {
  const root: Open = { name: '', isHidden: false, isPreformatted: false, part: 'rest', writer: createTextWriter() }
  const open: Open[] = [root]
  const parts: Written[] = [{ part: 'rest', writer: root.writer }]
  const headings: Array<{ part: Part; text: string }> = []
  let inHeading = false
  let pageTitle = ''
  const last = () => open.at(-1)!

  function say (text: string, isPreformatted = last().isPreformatted): void {
    const { isHidden, writer, part } = last()
    if (isHidden) return
    writer.write(text, isPreformatted)
    if (inHeading) headings.at(-1)!.text += text
    else if (part === 'rest' && last().name === 'title') pageTitle += text
  }

  return {
    onopentag (name: string, attributes: Attributes) {
      const above = last()
      const own = partOf(name, attributes['role'])
      const part = own === undefined || above.part === 'navigation' || own === above.part ? above.part : own
      const element: Open = {
        name,
        isHidden: above.isHidden || UNSEEN.has(name) || isHidden(attributes) || (name === 'dialog' && attributes['open'] === undefined),
        isPreformatted: above.isPreformatted || PREFORMATTED.has(name),
        part,
        writer: above.writer
      }
      open.push(element)
      if (element.isHidden) return
      if (part !== above.part) parts.push({ part, writer: (element.writer = createTextWriter()) })
      separate(element, above)
      if (name === 'title') element.writer = createTextWriter()
      if (name === 'tr') element.row = { cells: [], isLayout: false }
      if (CELLS.has(name) && above.row) element.writer = createTextWriter()
      if (name === 'table') for (const { row } of open) if (row) row.isLayout = true
      if (name === 'li') element.writer.mark(above.name === 'ol' ? `${(above.items = (above.items ?? 0) + 1)}.` : '-')
      if (name === 'a') Object.assign(element, { href: attributes['href'], from: element.writer.length() })
      if (name === 'h1') inHeading = headings.push({ part, text: '' }) > 0
      if (name === 'img' || (name === 'input' && attributes['type'] === 'image')) say(attributes['alt'] ?? '')
    },
    ontext: (text: string) => say(text),
    onpreformatted: (text: string) => say(text, true),
    onclosetag (name: string) {
      if (open.length === 1) return
      const element = open.pop()!
      const above = last()
      if (element.isHidden) return
      if (name === 'h1') inHeading = false
      if (name === 'a') addTarget(element)
      if (element.row) above.writer.block(textOfRow(element.row))
      if (CELLS.has(name) && above.row) above.row.cells.push(element.writer.read())
      if (name !== 'br') separate(element, above)
    },
    read: () => ({ text: textOf(parts), title: titleOf(headings, pageTitle) })
  }
}

type Written = { part: Part; writer: TextWriter }

function textOf (parts: Written[]): string {
  const hasMain = parts.some(({ part, writer }) => part === 'main' && writer.length() > 0)
  const order: Part[][] = hasMain
    ? [['main'], ['article', 'rest'], ['navigation']]
    : [['article'], ['rest'], ['navigation']]
  return order
    .flatMap((wanted) => parts.filter(({ part }) => wanted.includes(part)))
    .map(({ writer }) => writer.read())
    .filter((text) => text !== '')
    .join('\n\n')
}

function titleOf (headings: Array<{ part: Part; text: string }>, pageTitle: string): string | undefined {
  const inOrder = (['main', 'article', 'rest', 'navigation'] as const).flatMap((wanted) =>
    headings.filter(({ part }) => part === wanted)
  )
  return [...inOrder.map(({ text }) => text), pageTitle]
    .map((text) => text.replace(/\s+/g, ' ').trim())
    .find((text) => text !== '')
}

function separate ({ name, writer }: Open, above: Open): void {
  if (name === 'br') return writer.breakLine()
  if (INLINE.has(name)) return
  if (CELLS.has(name)) return writer.separate('\t')
  if (BESIDE.has(name) || FORMULA.test(name)) return writer.separate(' ')
  writer.separate(PARAGRAPHS.has(name) && above.name !== 'li' ? '\n\n' : '\n')
}

/** A row is a line with tabs between its cells; a table used only for layout is read as normal text. */
function textOfRow ({ cells, isLayout }: { cells: string[]; isLayout: boolean }): string {
  if (isLayout || cells.length === 1) return cells.filter((cell) => cell !== '').join('\n')
  return cells.map((cell) => cell.replace(/\s+/g, ' ').trim()).join('\t')
}

/** The target of a link, unless its text names it or it stays within the site. */
function addTarget ({ href = '', writer, from = 0, part }: Open): void {
  const target = href.trim()
  if (part === 'navigation' || writer.length() === from || target.length > MAX_TARGET || !TELLING.test(target)) return
  const shown = target.replace(/^(?:mailto|tel):/i, '')
  if (!writer.since(from).includes(shown.replace(/^https?:\/\/|\/$/gi, ''))) writer.write(` (${shown})`, true)
}

const MAX_TARGET = 300
/** Another site, an address, a number, or a file; neither scripts nor data. */
const TELLING = /^(?:https?:\/\/\S+|mailto:\S+|tel:\S+|(?![a-z][a-z0-9+.-]*:)[^\s?#]+\.[a-z]{2,5}(?:[?#]\S*)?)$/i
