// PDFs in Hebrew and Arabic: put together by hand, as a program without knowledge of the script writes them, and as
// Chromium prints them.
import t from 'tap'
import { readPdf } from '../../../../plugins/library/formats/pdf.ts'
import { launchChromium } from '../../../helpers/chromium.ts'
import { page, pdf } from './pdf-file.ts'

t.test('words of a PDF that are drawn from the left, in Hebrew and in forms of Arabic letters, are words again', async (t) => {
  // Each letter is drawn where it is seen: the last one of the word first.
  t.match(await readPdf(pdf([page('DCBA')], { letters: 'שלום' })), { text: 'שלום' })
  t.match(await readPdf(pdf([page('CBA')], { letters: '\ufef3\ufeee\ufee1' })), { text: 'يوم' })
  const [first, second] = ['DCBA', 'HGFE'].map((word, index) => `BT /F 12 Tf ${200 - 80 * index} 200 Td (${word}) Tj ET`)
  for (const content of [`${first} ${second}`, `${second} ${first}`]) {
    t.match(await readPdf(pdf([content], { letters: 'שלוםעולם' })), { text: 'שלום עולם' })
  }
})

t.test('pages have their numbers, and a PDF without words says why', async (t) => {
  t.match(await readPdf(pdf([page('one'), page('two')])), {
    text: '[Page 1]\none\n\n[Page 2]\ntwo'
  })
  t.match(await readPdf(pdf(['', ''])), {
    kind: 'no text',
    skipped: /\(OCR\)/
  })
  t.match(await readPdf(pdf(Array<string>(5_001).fill(page('x')))), {
    kind: 'too many pages',
    skipped: 'it has more than 5000 pages'
  })
})

t.test('a title is one that a person wrote', async (t) => {
  for (const [title, shown] of [
    ['The plan', 'The plan'],
    ['Untitled', undefined],
    ['Microsoft Word - plan', undefined],
    ['plan.docx', undefined],
    ['Document1', undefined]
  ] as const) {
    const found = await readPdf(pdf([page('one')], { title })) as { title?: string }
    t.equal(found.title, shown, title)
  }
})

const chromium = await launchChromium()
t.teardown(() => chromium.browser?.close())

t.test('Hebrew and Arabic as Chromium prints them: words, numbers, brackets, tables, and Latin words between', { skip: chromium.missing ?? false }, async (t) => {
  const lines = [
    'שלום עולם, זהו מסמך עם מספר 1,234 ו-OpenAI API בתוכו (סוגריים).',
    'البيانات كل يوم في الساعة 10:30 صباحا.',
    'تقرير سنوي للشركة (2024) مع Version 2.5 هنا.'
  ]
  const tab = await chromium.browser!.newPage()
  await tab.setContent(`<html dir="rtl"><body style="font-family: 'DejaVu Sans'">${lines.map((line) => `<p>${line}</p>`).join('')}
    <table><tr><td>מחיר</td><td>12.50</td></tr></table><p dir="ltr">Plain English with שלום עולם inside it.</p></body></html>`)
  t.match(await readPdf(await tab.pdf()), { text: [...lines, 'מחיר 12.50', 'Plain English with שלום עולם inside it.'].join('\n') })
})
