// Notebooks, subtitles, calendars and address cards, as what people wrote in them.
import t from 'tap'
import { readMarkup } from '../../../../plugins/library/formats/markup.ts'

const textOf = (type: string, source: string) => readMarkup(type, source)

t.test('a notebook is its cells, without what they put out', async (t) => {
  const notebook = {
    metadata: { language_info: { name: 'python' } },
    cells: [
      { cell_type: 'markdown', source: ['# Churn\n', 'Why people leave.'] },
      { cell_type: 'code', source: 'churn = 0.042', outputs: [{ data: { 'image/png': 'QUJD', 'text/plain': 'walnut' } }] },
      { cell_type: 'raw', source: '' },
      { odd: true }
    ]
  }
  t.same(textOf('application/x-ipynb+json', JSON.stringify(notebook)), {
    text: '# Churn\nWhy people leave.\n\n```python\nchurn = 0.042\n```',
    title: 'Churn'
  })
  for (const broken of ['', '{', '[]', '{"cells":{}}']) t.match(textOf('application/x-ipynb+json', broken), { kind: 'broken' })
})

t.test('subtitles are what was said, and by whom', async (t) => {
  const vtt = 'WEBVTT - Call\n\nNOTE never\n\nSTYLE\n::cue{}\n\nintro\n00:01.000 --> 00:02.000 align:start\n<v Ann>We won <i>Hooli</i> &amp; more\n\n00:02.000 --> 00:03.000\nA\nB\n'
  t.same(textOf('text/vtt', vtt), { text: 'Ann: We won Hooli & more\nA B' })
  const srt = '1\r\n00:00:01,000 --> 00:00:02,000\r\n<font color="red">One</font>\r\n\r\n2\r\n00:00:02,000 --> 00:00:03,000\r\n{\\an8}One\r\n'
  t.same(textOf('application/x-subrip', srt), { text: 'One' })
})

t.test('calendars and address cards are lines of a name and a value', async (t) => {
  const ics =
    'BEGIN:VCALENDAR\r\nPRODID:never\r\nX-WR-CALNAME:Team\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Vienna\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n' +
    'BEGIN:VEVENT\r\nUID:never\r\nDTSTART;TZID="Europe/Vienna":20261128T093000\r\nSUMMARY:Office\r\n  hours\\, weekly\r\nATTENDEE;CN=Ann:mailto:ann@acme.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n'
  t.same(textOf('text/calendar', ics), {
    text: 'Dtstart: 2026-11-28 09:30\nSummary: Office hours, weekly\nAttendee: ann@acme.example',
    title: 'Team'
  })
  const vcf = 'BEGIN:VCARD\nVERSION:2.1\nN:Huber;Ann\nFN;ENCODING=QUOTED-PRINTABLE:J=C3=BCrgen Huber\nitem1.TEL;TYPE=cell:tel:+43 664 123\nADR:;;Ring 1;Wien\nPHOTO;ENCODING=b:QUJD\nEND:VCARD\n'
  t.same(textOf('text/vcard', vcf), { text: 'Fn: Jürgen Huber\nTel: +43 664 123\nAdr: Ring 1 Wien', title: 'Jürgen Huber' })
})
