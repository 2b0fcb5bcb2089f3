// Replaces pictures, keys and other data inside a text by a short note: they hold no words, and would fill the index and a
// model's context.

/** @returns the text, with `data:image/png,…` for a data URL (RFC 2397) and a note for other long runs. */
export const withoutData = (text: string): string => withoutRuns(withoutDataUrls(text))

/** Short ones stay: they are examples in prose. */
const DATA_URL = /data:([\w.+-]{1,60}\/[\w.+-]{1,80})?(?:;[\w=.+-]{1,60}){0,4},[^\s"'()<>[\]\\`]{40,}/iy

function withoutDataUrls (text: string): string {
  const pieces: string[] = []
  let from = 0
  for (const { index } of text.matchAll(/data:/gi)) {
    if (index < from) continue
    DATA_URL.lastIndex = index
    const found = DATA_URL.exec(text)
    if (!found) continue
    pieces.push(text.slice(from, index), `data:${found[1] ?? 'text/plain'},…`)
    from = index + found[0].length
  }
  return pieces.join('') + text.slice(from)
}

/** Characters; a longer run of base64 characters is not a word in any language. */
const MAX_RUN = 400
/** Of base64 in lines, as e-mail and PEM break it: the shortest line but the last, the longest, and the fewest. */
const MIN_LINE = 60
const MAX_LINE = 100
const MIN_LINES = 8

const IN_RUN = Uint8Array.from({ length: 128 }, (_, code) => Number(/[A-Za-z0-9+/=_-]/.test(String.fromCharCode(code))))

/** One pass over the characters. */
function withoutRuns (text: string): string {
  const pieces: string[] = []
  let from = 0
  const leaveOut = (start: number, end: number) => {
    pieces.push(text.slice(from, start), `[${end - start} characters of data]`)
    from = end
  }
  let lines = { start: 0, end: 0, count: 0 }
  const endLines = () => {
    if (lines.count >= MIN_LINES) leaveOut(lines.start, lines.end)
    lines = { start: 0, end: 0, count: 0 }
  }
  for (let at = 0; at < text.length;) {
    const end = endOfRun(text, at)
    const length = end - at
    if (lines.count > 0 && !isLineBreak(text.slice(lines.end, at))) endLines()
    if (length > MAX_RUN) {
      endLines()
      leaveOut(at, end)
    } else if (length >= MIN_LINE && length <= MAX_LINE) {
      lines = { start: lines.count === 0 ? at : lines.start, end, count: lines.count + 1 }
    } else if (lines.count >= MIN_LINES && length > 0) {
      lines.end = end
      endLines()
    } else if (length > 0) endLines()
    at = startOfRun(text, end)
  }
  endLines()
  return pieces.join('') + text.slice(from)
}

const isInRun = (text: string, at: number): boolean => IN_RUN[text.charCodeAt(at)] === 1

function endOfRun (text: string, from: number): number {
  let at = from
  while (at < text.length && isInRun(text, at)) at++
  return at
}

function startOfRun (text: string, from: number): number {
  let at = from
  while (at < text.length && !isInRun(text, at)) at++
  return at
}

/** Between two lines of data: the end of a line, and how far the next one is indented or quoted. */
const isLineBreak = (between: string): boolean => between.length < 20 && /^["',\\]{0,3}\r?\n[ \t>"']*$/.test(between)
