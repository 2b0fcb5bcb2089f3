// Collects text from markup: white space collapses, and of several separators the strongest is written.
// Tested in test/plugins/library/html.test.ts.

export interface TextWriter {
  /** @param isPreformatted keeps lines and spaces as they are. */
  write(text: string, isPreformatted?: boolean): void
  /** Separates the following text: by a space, a cell, a line break, or an empty line. */
  separate(separator: ' ' | '\t' | '\n' | '\n\n'): void
  /** The mark of a list item: the following text stays on its line. */
  mark(text: string): void
  /** Ends the line; several such line ends are kept. */
  breakLine(): void
  /** Lines of their own, as they are. */
  block(text: string): void
  /** Characters so far, without pending separators. */
  length(): number
  since(from: number): string
  read(): string
}

const STRENGTH = ['', ' ', '\t', '\n', '\n\n'] as const

/** @returns an empty text. */
export function createTextWriter (): TextWriter {
  let text = ''
  let waiting: (typeof STRENGTH)[number] = ''
  let breaks = 0
  let isAfterMark = false

  const wait = (separator: (typeof STRENGTH)[number]) => {
    if (!isAfterMark && STRENGTH.indexOf(separator) > STRENGTH.indexOf(waiting)) waiting = separator
  }
  const add = (piece: string) => {
    if (piece === '') return
    if (text !== '') text += breaks > 1 && waiting !== '\n\n' ? '\n'.repeat(Math.min(breaks, 2)) : waiting
    waiting = ''
    breaks = 0
    isAfterMark = false
    text += piece
  }

  return {
    write (written, isPreformatted = false) {
      if (isPreformatted) return add(written)
      const collapsed = written.replace(/[ \t\n\f\r\u00a0]+/g, ' ')
      if (collapsed.startsWith(' ')) wait(' ')
      add(collapsed.trim())
      if (collapsed.length > 1 && collapsed.endsWith(' ')) wait(' ')
    },
    separate: wait,
    mark (text) {
      add(text)
      waiting = ' '
      isAfterMark = true
    },
    breakLine () {
      breaks++
      wait('\n')
    },
    block (lines) {
      wait('\n')
      add(lines)
      wait('\n')
    },
    length: () => text.length,
    since: (from) => text.slice(from),
    read: () => withoutTrailingSpaces(text).trim()
  }
}

/** From the first space of each run only: looking for the end of a line from every space takes the square of their number. */
export const withoutTrailingSpaces = (text: string): string => text.replace(/(?<![ \t])[ \t]+$/gm, '')
