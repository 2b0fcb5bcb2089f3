// Runs in a worker: Markdown as safe HTML for a page. Raw HTML in it is shown as text, and only http(s), mailto and
// relative links are rendered; the elements are those that markdown-it writes, and no others.
// Tested in test/routes/documents.test.ts.
import markdownIt from 'markdown-it'
import { frontMatterOf } from './front-matter.ts'

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

/** @param source a part of a document from its beginning, or from further down. */
export default function render (source: string): string {
  return markdown.render(source.slice(frontMatterOf(source).end))
}
