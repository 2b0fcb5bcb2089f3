// Subtitles and transcripts (WebVTT, SubRip) as what was said, and by whom.

const TIMES = /^\s*(?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3}\s+-->/

/** @returns a line for each cue; neither numbers and times, nor the notes and styles of the file. */
export function readSubtitles (source: string): string {
  const said: string[] = []
  for (const block of source.replace(/\r\n?/g, '\n').split(/\n{2,}/)) {
    const lines = block.split('\n')
    const times = lines.findIndex((line) => TIMES.test(line))
    if (times === -1) continue
    const line = lines.slice(times + 1).map(withoutTags).join(' ').trim()
    // Scrolling subtitles repeat the line before.
    if (line !== '' && line !== said.at(-1)) said.push(line)
  }
  return said.join('\n')
}

/** `<v Ann>Hello</v>` is said by Ann; other tags are only how it looks. */
const withoutTags = (line: string): string =>
  line
    .replace(/<v(?:\.[^\s>]{0,100})?\s{1,10}([^>]{1,100})>/g, '$1: ')
    .replace(/<\/?[a-z0-9:.][^>]{0,100}>|\{\\[^}]{0,100}\}/gi, '')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .trim()
