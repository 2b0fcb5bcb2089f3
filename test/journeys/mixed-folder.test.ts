// A folder as people have one: 220 files of all kinds, and questions as they would ask them. The right file is among the
// first three hits of at least 27 of 29.
import t from 'tap'
import { docx, epub, odt, paragraph, pptx, xlsx } from '../plugins/library/formats/packed.ts'
import { fill, folder, openHouse } from '../helpers/tool-context.ts'

const latin = (text: string) => Buffer.from(text, 'latin1')
const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')
const cue = (text: string) => `WEBVTT\n\n00:01.000 --> 00:04.000\n${text}\n`

/** Each with a question that only it answers. */
const ANSWERS: ReadonlyArray<[question: string, id: string, content: string | Uint8Array]> = [
  ['How many vacation days do I have?', 'hr/leave-policy.docx', docx(paragraph('Leave policy', 'berschrift1') + paragraph('Every employee has 25 vacation days a year.'))],
  ['What was our revenue in March?', 'finance/2026.xlsx', xlsx([['Month', 'Revenue'], ['February', 88000], ['March', 91250]], 'Revenue')],
  ['What is on the roadmap for Q4?', 'strategy.pptx', pptx(['Roadmap Q4\nOffline mode and single sign-on'])],
  ['What is the combination of the safe?', 'office/safe.rtf', '{\\rtf1\\ansi The combination of the safe is 12-34-56.\\par}'],
  ['WLAN-Passwort', 'office/wlan.txt', latin('WLAN-Passwort f\xfcr G\xe4ste: sommer2026')],
  ['Why do customers churn?', 'analysis/churn.ipynb', JSON.stringify({ cells: [{ cell_type: 'markdown', source: '# Churn analysis\nCustomers churn because of slow onboarding.' }] })],
  ['When was the outage of the payment service?', 'mail/outage.eml', 'From: ops@acme.example\r\nSubject: Payment service outage\r\nContent-Type: text/plain\r\n\r\nThe outage of the payment service lasted from 02:00 to 02:40.\r\n'],
  ['Who won the Hooli deal?', 'calls/hooli.vtt', cue('<v Monica>We won the Hooli deal, Jared closed it.')],
  ['What happens in chapter 2 of the lighthouse book?', 'books/lighthouse.epub', epub(['<h1>Chapter 1</h1><p>The storm.', '<h1>Chapter 2</h1><p>The lighthouse keeper leaves the island.'], 'The lighthouse')],
  ['phone number of the landlord', 'home/landlord.vcf', 'BEGIN:VCARD\nFN:Landlord Huber\nTITLE:Landlord\nTEL:+43 664 5550123\nEND:VCARD\n'],
  ['What is the code of the garage?', 'home/GARAGE', 'The code of the garage door is 4711.\n'],
  ['How much is the deposit of the lease?', 'home/lease.odt', odt('<text:h>Lease</text:h><text:p>The deposit of the lease is 2,700 euro.</text:p>')],
  ['office hours of the notary', 'town/notary.html', latin('<html><head><meta charset="iso-8859-1"><title>Notary M\xfcller</title></head><body><p>Office hours: Monday 9 to 12.</p></body></html>')],
  ['What does refund code RF01 mean?', 'wiki/refunds.html', '<h1>Refunds</h1><table><tr><th>Code</th><th>Meaning</th></tr><tr><td>RF01</td><td>Damaged on arrival</td></tr></table>'],
  ['price of a quokka', 'wiki/animals.html', '<table><tr><td>Quokka</td><td>12.50</td></tr><tr><td>Numbat</td><td>9.90</td></tr></table>'],
  ['What is the price of the Pro plan?', 'product/Pro plan.md', 'The **Pro** plan costs 29 euro a month.'],
  ['Who is responsible for the backup?', 'ops/backup.md', '---\ntitle: >-\n  Backup and\n  restore\n---\nResponsible for the backup: Erlich.'],
  ['How long is the sourdough baked?', 'recipes/sourdough.md', `# Sourdough\n\n![bread](data:image/png;base64,${'QUJD'.repeat(5_000)})\n\nBake the sourdough for 45 minutes.`],
  ['What is the liability cap?', 'contracts/msa.txt', utf16('Limitation of liability. The liability cap is twice the annual fee.')],
  ['When does the standup meeting take place?', 'team/calendar.ics', 'BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Standup meeting\nDTSTART:20261130T093000Z\nEND:VEVENT\nEND:VCALENDAR\n'],
  ['Which lemma proves the convergence?', 'papers/convergence.tex', '\\section{Convergence}\nThe convergence follows from Lemma 4.2.'],
  ['Rechnung 4711', 'finance/rechnung-4711.csv', latin('Rechnung;Betrag\n4711;Stra\xdfenbau 900\n')],
  ['経費の締め切り', 'ja/経費.md', '# 経費\n\n経費の締め切りは毎月二十五日です。'],
  ['How do I start the container?', 'Makefile', 'start-container:\n\tdocker run --rm acme/container\n'],
  ['What did the narrator say about penguins?', 'films/penguins.srt', '1\n00:00:01,000 --> 00:00:03,000\nPenguins mate for life, says the narrator.\n'],
  ['Which port does the staging database listen on?', 'deploy/staging.yaml', 'staging:\n  database:\n    port: 6432\n    comment: the port on which the staging database listens\n'],
  ['What is the motto of the festival?', 'events/festival.odp', odt('<draw:page><text:p>Festival motto: Sharing the sea</text:p></draw:page>')],
  ['birthday of Gilfoyle', 'people/gilfoyle.json', '{"name": "Gilfoyle", "birthday": "13 March"}'],
  ['error code E1042 of the printer', 'logs/printer.log', '2026-11-14 printer error code E1042: paper jam\n']
]

const TOPICS = 'invoice meeting travel server design budget printer contract customer festival recipe deploy'.split(' ')
/** What lies around: on the same topics, without the answers. */
const around = (index: number): [string, string | Uint8Array] => {
  const [topic, other] = [TOPICS[index % TOPICS.length]!, TOPICS[(index * 5 + 3) % TOPICS.length]!]
  const text = `Notes number ${index} about ${topic} and ${other}. Nothing was decided on the ${topic}; the ${other} comes next week.`
  const kinds: Array<[string, () => string | Uint8Array]> = [
    ['md', () => `# ${topic} ${index}\n\n${text}`],
    ['txt', () => text],
    ['html', () => `<h1>${topic}</h1><p>${text}`],
    ['docx', () => docx(paragraph(text))],
    ['xlsx', () => xlsx([['Topic', 'Number'], [topic, index]])],
    ['eml', () => `Subject: ${topic}\r\n\r\n${text}`],
    ['png', () => Uint8Array.of(0x89, 0x50, 0x4e, 0x47, index, 0)],
    ['vtt', () => cue(text)],
    ['pdf', () => 'not a PDF']
  ]
  const [ending, write] = kinds[index % kinds.length]!
  return [`around/${topic}/${index}.${ending}`, write()]
}

t.test('a folder of 220 mixed files answers what people ask of it', async (t) => {
  const docs = await folder(t)
  const others = Array.from({ length: 220 - ANSWERS.length }, (_, index) => around(index))
  const files = Object.fromEntries([...ANSWERS.map(([, id, content]) => [id, content] as const), ...others])
  t.equal(Object.keys(files).length, 220)
  await fill(
    docs,
    Object.fromEntries(Object.entries(files).map(([id, content]) => [id, Buffer.from(content as string)]))
  )
  const { app } = await openHouse(t, docs)
  await app.library.ready
  const left = app.library.leftOut()
  t.same(
    [...new Set(left.map(({ id, kind }) => `${id.split('.').at(-1)} ${kind}`))].sort(),
    ['pdf broken', 'png unknown format']
  )
  t.equal((await app.library.count()) + left.length, 220)
  const missed: string[] = []
  for (const [question, id] of ANSWERS) {
    const hits = await app.library.search(question, { limit: 3 })
    if (!hits.some((hit) => hit.id === id)) missed.push(`${question} (${hits.map((hit) => hit.id).join(', ')})`)
  }
  t.comment(`missed: ${missed.join('; ') || 'none'}`)
  t.ok(missed.length <= 2, `${ANSWERS.length - missed.length} of ${ANSWERS.length}`)
})
