// Runs in a worker: Markdown as safe HTML for a page. Raw HTML in it is shown as text, and only harmless elements and
// http(s), mailto and relative links are rendered.
// Tested in test/routes/documents.test.ts.
import markdownIt from 'markdown-it'
import sanitize from 'sanitize-html'
import { frontMatterOf } from './front-matter.ts'

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

/** @param source a part of a document from its beginning, or from further down. */
export default function render (source: string): string {
  return sanitize(markdown.render(source.slice(frontMatterOf(source).end)), options)
}
