// Calendars and address cards: lines of a name and a value.
import t from 'tap'
import { readMarkup as textOf } from '../../../../plugins/library/formats/markup.ts'

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

t.test('a moment in UTC says so, and several people give no title', async (t) => {
  const event = 'BEGIN:VEVENT\nDTSTART:20261128T093000Z\nDTEND:20261129\nEND:VEVENT\n'
  t.match(textOf('text/calendar', event), {
    text: 'Dtstart: 2026-11-28 09:30 UTC\nDtend: 2026-11-29'
  })
  const card = (name: string) => `BEGIN:VCARD\nFN:${name}\nEND:VCARD\n`
  t.same(textOf('text/vcard', card('Ann') + card('Bo')), {
    text: 'Fn: Ann\n\nFn: Bo',
    title: undefined
  })
})
