// Runs in a worker: Markdown as safe HTML for a page. Raw HTML in it is shown as text, and only harmless elements and
// http(s), mailto and relative links are rendered.
// Tested in test/routes/documents.test.ts.
import markdownIt, { type Token } from 'markdown-it'
import sanitize from 'sanitize-html'
import { frontMatterOf } from './front-matter.ts'
import { isSameLine } from './without-title.ts'

const markdown = markdownIt({ html: false, linkify: false })

const options: sanitize.IOptions = {
  allowedTags:
    'h1 h2 h3 h4 h5 h6 p blockquote ul ol li pre code em strong s a hr br table thead tbody tr th td'.split(' '),
  allowedAttributes: { a: ['href', 'title', 'rel'], ol: ['start'] },
  allowedSchemes: ['http', 'https', 'mailto'],
  allowProtocolRelative: false,
  transformTags: {
    a: sanitize.simpleTransform('a', { rel: 'noopener noreferrer nofollow' }),
    // Pictures of other sites would reveal the reader to them; the description stays.
    img: (_, { alt = '' }) => ({ tagName: 'em', attribs: {}, text: alt })
  }
}

export interface Page {
  source: string
  /** The page shows it above; a heading that says the same first is left out. */
  title: string
}

/** @returns safe HTML of the whole document. */
export default function render ({ source, title }: Page): string {
  const env = {}
  const tokens = markdown.parse(source.slice(frontMatterOf(source).end), env)
  const [opening, words] = tokens
  const isTitle = opening?.type === 'heading_open' && isSameLine(textOf(words!), title)
  return sanitize(markdown.renderer.render(isTitle ? tokens.slice(HEADING_TOKENS) : tokens, markdown.options, env), options)
}

/** Its opening, its words, its end. */
const HEADING_TOKENS = 3

const textOf = ({ children }: Token): string => (children ?? []).map(({ content }) => content).join('')
