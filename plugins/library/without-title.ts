// The text of a document for a page that already shows its title.
// Tested in test/routes/documents.test.ts.
import { MAX_TITLE_LENGTH } from './contract.ts'

/** The first line, after the mark of the first page of a PDF, and without the marks of a heading. */
const FIRST_LINE = /^\s*(?:\[Page 1\]\s*)?(?:#{1,6}[ \t]+)?([^\n]*)\n?\s*/

/** Without its first line, where that is the title. */
export function withoutTitle (text: string, title: string): string {
  const [start, line] = FIRST_LINE.exec(text)! as unknown as [string, string]
  return isSameLine(line, title) ? text.slice(start.length) : text
}

/** Whether both say the same; a title may have been cut. */
export function isSameLine (line: string, title: string): boolean {
  const [one, other] = [line, title].map((words) => words.replace(/\s+/g, ' ').trim()) as [string, string]
  return one === other || (other.length >= MAX_TITLE_LENGTH && one.startsWith(other))
}
