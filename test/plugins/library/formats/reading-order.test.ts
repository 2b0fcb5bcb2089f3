// The order in which runs of a PDF are read: from the right, from the left, and both in one line.
import t from 'tap'
import { inReadingOrder, type Run } from '../../../../plugins/library/formats/reading-order.ts'

/** Runs as they are drawn beside each other, from the left; each character takes 5 points of 10. */
function drawn (...texts: string[]): Run[] {
  let x = 0
  return texts.map((str) => {
    const width = /^\p{M}+$/u.test(str) ? 0 : str.length * 5
    x += width
    return { str, x: x - width, width, fontSize: 10, dir: /[\u0590-\u06ff]/.test(str) && width > 0 ? 'rtl' : 'ltr' }
  })
}

const ROWS: Array<[string, Run[], string]> = [
  ['a line without such text stays as it was drawn', drawn('North', ' 1,234 ', '5%').reverse(), '5% 1,234 North'],
  ['words', drawn('הזה', ' ', 'המסמך', ' ', 'של'), 'של המסמך הזה'],
  ['letters one by one', drawn('م', 'و', 'ي', ' ', 'ل', 'ك'), 'كل يوم'],
  ['numbers are read from the left', drawn('שקל', ' ', '1,234', ' ', 'מחיר'), 'מחיר 1,234 שקל'],
  ['two numbers are two words', drawn('20', ' ', '10', ' ', 'בין'), 'בין 10 20'],
  ['a name of Latin words with its number', drawn('כאן', ' ', 'Node.js', ' ', 'version', ' ', '24', ' ', 'גרסה'), 'גרסה Node.js version 24 כאן'],
  ['more Latin than Hebrew, at the end', drawn('ב', ' ', 'Word', ' ', 'מסמך'), 'מסמך Word ב'],
  ['brackets and the stop', drawn('.', '(', 'סוגריים', ')', ' ', 'בתוכו'), 'בתוכו (סוגריים).'],
  ['punctuation in one run', drawn('.(', '2024', ') ', 'דוח'), 'דוח (2024).'],
  ['a word of Hebrew in English', drawn('Plain words', ' ', 'עולם', ' ', 'שלום', ' ', 'inside it.'), 'Plain words שלום עולם inside it.'],
  ['a number between words of Hebrew in English', drawn('It says ', 'ימים', ' ', '12', ' ', 'תוך', ' for everybody.'), 'It says תוך 12 ימים for everybody.'],
  ['vowels stand on the letter that is drawn after them', drawn('ب', '\u064e', 'ت', '\u0650', 'ك'), 'كِتَب'],
  ['cells of a table are two words', drawn('7', 'כמות').map((run, index) => ({ ...run, x: run.x + 20 * index })), 'כמות 7'],
  ['the order of drawing does not matter', drawn('הזה', ' ', 'המסמך').reverse(), 'המסמך הזה']
]

for (const [title, runs, text] of ROWS) {
  t.test(`text of a PDF that is read from the right: ${title}`, async (t) => {
    t.equal(inReadingOrder(runs), text)
  })
}
