// Text formats whose words are mixed with markup: web pages, notebooks, subtitles, calendars and address cards.
import { readHtml } from '../html.ts'
import { BROKEN, type Converted } from './contract.ts'
import { readCards } from './calendar.ts'
import { readNotebook } from './notebook.ts'
import { readSubtitles } from './subtitles.ts'

/** @param type MIME type of the file. */
export function readMarkup (type: string, source: string): Converted {
  if (type === 'text/vtt' || type === 'application/x-subrip') return { text: readSubtitles(source) }
  if (type === 'text/calendar' || type === 'text/vcard') return readCards(source)
  if (type !== 'text/html') return readNotebook(source) ?? BROKEN
  try {
    return readHtml(source)
  } catch (error) {
    if (error instanceof RangeError) return { skipped: 'its HTML is nested too deeply', kind: 'nested too deeply' }
    throw error
  }
}
