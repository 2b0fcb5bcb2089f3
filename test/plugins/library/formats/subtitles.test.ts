// Subtitles and transcripts: what was said, and by whom.
import t from 'tap'
import { readMarkup as textOf } from '../../../../plugins/library/formats/markup.ts'

t.test('subtitles are what was said, and by whom', async (t) => {
  const vtt = 'WEBVTT - Call\n\nNOTE never\n\nSTYLE\n::cue{}\n\nintro\n00:01.000 --> 00:02.000 align:start\n<v Ann>We won <i>Hooli</i> &amp; more\n\n00:02.000 --> 00:03.000\nA\nB\n'
  t.same(textOf('text/vtt', vtt), { text: 'Ann: We won Hooli & more\nA B' })
  const srt = '1\r\n00:00:01,000 --> 00:00:02,000\r\n<font color="red">One</font>\r\n\r\n2\r\n00:00:02,000 --> 00:00:03,000\r\n{\\an8}One\r\n'
  t.same(textOf('application/x-subrip', srt), { text: 'One' })
})
