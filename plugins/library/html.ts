// HTML to plain text and title, within bounds: the converter recurses, and its time grows with the square of the
// nesting.
import { compile, type SelectorDefinition } from 'html-to-text'

const MAX_DEPTH = 1_000
/** Characters in which the title is looked for. */
const HEAD = 65_536

const skip = (selector: string): SelectorDefinition => ({ selector, format: 'skip' })
const selectors: SelectorDefinition[] = [
  { selector: 'a', options: { ignoreHref: true } },
  ...['img', 'script', 'style', 'template', 'noscript', 'svg'].map(skip),
  ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } }))
]

// No length limit of its own: it would cut silently and write to stderr, and the file's size is limited already.
const limits = { maxInputLength: Number.MAX_SAFE_INTEGER }
const toText = compile({ wordwrap: false, limits, selectors: [...selectors, skip('title')] })
const toTitle = compile({
  wordwrap: false,
  limits,
  selectors,
  baseElements: { selectors: ['h1', 'title'], returnDomByDefault: false }
})

/** @throws RangeError for a page that is nested too deeply. */
export function htmlText (html: string): string {
  checkDepth(html)
  return toText(html)
}

/** The first heading, else the page's `<title>`. */
export const htmlTitle = (html: string): string | undefined =>
  toTitle(html.slice(0, HEAD))
    .split('\n')
    .find((line) => line.trim() !== '')

/** Elements that never have an end tag, or that the next one of their kind closes. */
const UNNESTED = new Set(
  'area base br col embed hr img input link meta param source track wbr p li dt dd td th tr thead tbody tfoot option optgroup colgroup rp rt html head body'.split(
    ' '
  )
)

function checkDepth (html: string): void {
  let depth = 0
  for (const [, end, name] of html.matchAll(/<(\/?)([a-z][a-z0-9-]*)/gi)) {
    if (UNNESTED.has(name!.toLowerCase())) continue
    depth = end === '' ? depth + 1 : Math.max(0, depth - 1)
    if (depth > MAX_DEPTH) throw new RangeError('nested too deeply')
  }
}
