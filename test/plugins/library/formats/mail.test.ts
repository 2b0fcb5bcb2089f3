// Mail: its head, its text, and the names of what is attached.
import t from 'tap'
import { read } from './packed.ts'

t.test('mail: who, when, about what, the text, and the names of what was attached', async (t) => {
  const mail =
    'From: Ann <ann@acme.example>\r\nTo: bo@acme.example\r\nSubject: =?utf-8?Q?Ausfall_=C3=BCber_Nacht?=\r\nDate: Fri, 27 Nov 2026 10:00:00 +0100\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n' +
    '--x\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>Gr=FC=DFe</p>\r\n--x\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=plan.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n--x--\r\n'
  t.same(await read('a.eml', mail), {
    text: 'From: Ann <ann@acme.example>\nTo: bo@acme.example\nDate: 2026-11-27T09:00:00.000Z\nSubject: Ausfall über Nacht\n\nGrüße\n\nAttached: plan.pdf',
    title: 'Ausfall über Nacht'
  })
})

t.test('what a mail shows within its text is not named as attached, and neither is what has no name', async (t) => {
  const part = (head: string) => `--x\r\nContent-Type: image/png\r\n${head}\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n`
  const mail = 'Subject: S\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>Text <img src="cid:logo"></p>\r\n' +
    part('Content-ID: <logo>\r\nContent-Disposition: inline; filename=logo.png') + part('Content-Disposition: attachment') + '--x--\r\n'
  t.same(
    await read('a.eml', mail),
    { text: 'Subject: S\n\nText', title: 'S' }
  )
})

t.test('a group is named with its members, and a message without anything is no text', async (t) => {
  t.match(await read('a.eml', 'To: Board: Ann <ann@acme.example>, bo@acme.example;\r\n\r\nText'), {
    text: 'To: Board: Ann <ann@acme.example>, bo@acme.example\n\nText'
  })
  t.match(await read('a.eml', '\r\n\r\n'), { kind: 'no text' })
})
