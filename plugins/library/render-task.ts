// Runs in a worker: Markdown as safe HTML for a page. Raw HTML in it is shown as text, and only http(s), mailto and
// relative links are rendered; the elements are those that markdown-it writes, and no others.
// Tested in test/routes/documents.test.ts.
import markdownIt, { type Token } from 'markdown-it'
import { ToolError } from '../../authoring/tool-error.ts'
import { frontMatterOf } from './front-matter.ts'
import { isSameLine } from './without-title.ts'

const markdown = markdownIt({ html: false, linkify: false })
const { escapeHtml } = markdown.utils

const SCHEME = /^[a-z][a-z0-9+.-]*:/i
/** A relative address has no scheme; `//host` is another site without saying so. The address is encoded, without spaces. */
markdown.validateLink = (url) => (SCHEME.test(url) ? /^(?:https?|mailto):/i.test(url) : !/^[/\\]{2}/.test(url))

markdown.renderer.rules.link_open = (tokens, index, options, _env, self) => {
  tokens[index]!.attrSet('rel', 'noopener noreferrer nofollow')
  return self.renderToken(tokens, index, options)
}
// Pictures of other sites would reveal the reader to them; the description stays.
markdown.renderer.rules.image = (tokens, index, options, env, self) =>
  `<em>${escapeHtml(self.renderInlineAsText(tokens[index]!.children ?? [], options, env))}</em>`
// The alignment of a column is an inline style, which no page of ours allows.
for (const cell of ['th_open', 'td_open']) markdown.renderer.rules[cell] = (tokens, index) => `<${tokens[index]!.tag}>`

export interface Page {
  source: string
  /** The page shows it above; a heading that says the same first is left out. */
  title: string
}

/** Characters of HTML: an address that a document names once is written out wherever the document refers to it. */
export const MAX_HTML = 1_000_000

/** @returns safe HTML of the whole document. @throws ToolError for one that is too long as HTML. */
export default function render ({ source, title }: Page): string {
  const env = {}
  const tokens = markdown.parse(source.slice(frontMatterOf(source).end), env)
  const [opening, words] = tokens
  const isTitle = opening?.type === 'heading_open' && isSameLine(textOf(words!), title)
  const html = markdown.renderer.render(isTitle ? tokens.slice(HEADING_TOKENS) : tokens, markdown.options, env)
  if (html.length > MAX_HTML) throw new ToolError('This document is too long to be shown as a page.')
  return html
}

/** Its opening, its words, its end. */
const HEADING_TOKENS = 3

const textOf = ({ children }: Token): string => (children ?? []).map(({ content }) => content).join('')
