// The title of a Markdown document.
import { frontMatterOf } from './front-matter.ts'

/** A heading further down, or in a longer line, is not the title; the limits also keep the patterns quick. */
const TITLE_LINES = 200
const TITLE_LINE_LENGTH = 500

/** The `title` of the front matter, otherwise the first heading with words in it, outside code fences. */
export function markdownTitle (source: string): string | undefined {
  const { title, end } = frontMatterOf(source)
  if (title !== undefined && title.trim() !== '') return title
  const lines = source.slice(end, end + TITLE_LINES * TITLE_LINE_LENGTH).split(/\r?\n/, TITLE_LINES)
  let fenced = false
  for (const [index, line] of lines.entries()) {
    if (line.length > TITLE_LINE_LENGTH) continue
    if (/^\s{0,3}(```|~~~)/.test(line)) fenced = !fenced
    if (fenced) continue
    const heading = headingOf(line, lines[index + 1] ?? '')
    const words = heading === undefined ? '' : plainWords(heading)
    if (words !== '') return words
  }
  return undefined
}

function headingOf (line: string, next: string): string | undefined {
  const marked = /^#{1,6}[ \t]+(.*)/.exec(line) ?? /<h[1-6]\b[^>]*>(.*?)<\/h[1-6]>/i.exec(line)
  if (marked) return marked[1]!.replace(/[ \t]#+[ \t]*$/, '')
  return /^(=+|-{2,})\s*$/.test(next) && /^[^\s>|#-]/.test(line) ? line : undefined
}

/** Without images, link targets, tags and emphasis. */
const plainWords = (heading: string): string =>
  heading
    .replace(/!\[[^\]]*\](\([^)]*\)|\[[^\]]*\])/g, '')
    .replace(/\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])/g, '$1')
    .replace(/<[^>]*>/g, '')
    .replace(/[`*]/g, '')
    .trim()
