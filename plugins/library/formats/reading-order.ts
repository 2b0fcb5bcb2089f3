// The runs of one line of a PDF in the order in which people read them. A PDF says where each run is shown, and pdf.js
// turns the letters of a run round, but leaves the runs as they were drawn (UAX #9, its rule L2 undone).

/** What is drawn in one piece, as unpdf returns it. Lengths in points. */
export interface Run {
  str: string
  /** The left edge. */
  x: number
  width: number
  fontSize: number
  /** `rtl` where the run itself is read from the right. */
  dir: string
}

/** Of the size of the font; a wider gap between two runs separates words. */
const GAP = 0.15

/** @returns the text of one line. A line with nothing that is read from the right stays as it was drawn. */
export function inReadingOrder (runs: readonly Run[]): string {
  if (!runs.some(({ dir }) => dir === 'rtl')) return runs.map(({ str }) => str).join('')
  const shown = spaced(withTheirMarks(runs).toSorted((one, other) => one.x - other.x))
  const levels = levelsOf(shown)
  const read = shown.map((run, index) => ({
    text: levels[index] === '1' ? turned(run) : run.str,
    level: Number(levels[index])
  }))
  return reversedFrom(1, reversedFrom(2, read)).map(({ text }) => text).join('')
}

/** Vowels and accents are drawn by themselves, before the letter they stand on. */
function withTheirMarks (runs: readonly Run[]): Run[] {
  const letters: Run[] = []
  let marks = ''
  for (const run of runs) {
    if (run.width < 0.001 && /^[\s\p{M}]*$/u.test(run.str)) {
      marks += run.str.trim()
    } else if (run.str.trim() === '') {
      letters.push(run)
    } else {
      letters.push({ ...run, str: run.str + marks })
      marks = ''
    }
  }
  return letters
}

function spaced (runs: readonly Run[]): Run[] {
  return runs.flatMap((run, index) => {
    const before = runs[index - 1]
    const isApart = before !== undefined && run.x - before.x - before.width > GAP * run.fontSize
    if (!isApart || /\s$/.test(before.str) || /^\s/.test(run.str)) return [run]
    return [{ ...run, str: ' ', width: 0, dir: 'ltr' }, run]
  })
}

/**
 * A level for each run: 1 is read from the right, 0 and 2 from the left. The line itself is read as the words at both
 * its ends are, or, if they differ, as most of its letters; a number inside such text still is read from the left, and
 * what stands between two Latin words belongs to them.
 */
function levelsOf (runs: readonly Run[]): string {
  const kinds = runs.map(kindOf).join('')
  const letters = (kind: string) =>
    runs.reduce((sum, { str }, index) => sum + (kinds[index] === kind ? str.length : 0), 0)
  const ends = kinds.replace(/[N-]/g, '').replace(/(?<=.).*(?=.)/, '')
  return ends !== 'LL' && (ends === 'RR' || letters('R') >= letters('L'))
    ? kinds
      .replace(/L[LN-]*[LN]/g, (words) => '2'.repeat(words.length))
      .replace(/[LN]/g, '2')
      .replace(/[R-]/g, '1')
    : kinds
      .replace(/R[RN-]*R|R/g, (words) => words.replace(/[R-]/g, '1').replaceAll('N', '2'))
      .replace(/[LN-]/g, '0')
}

/** Read from the right, Latin words, a number, or what is none of them. */
function kindOf ({ str, dir }: Run): string {
  if (dir === 'rtl') return 'R'
  if (/\p{L}/u.test(str)) return 'L'
  return /\p{N}/u.test(str) ? 'N' : '-'
}

/** Every longest sequence of this level and above, turned round. */
function reversedFrom<T extends { level: number }> (level: number, runs: readonly T[]): T[] {
  const sequences: T[][] = []
  for (const [index, run] of runs.entries()) {
    const goesOn = index > 0 && run.level >= level && runs[index - 1]!.level >= level
    if (goesOn) sequences.at(-1)!.unshift(run)
    else sequences.push([run])
  }
  return sequences.flat()
}

const MIRRORED: Readonly<Record<string, string>> = {
  '(': ')',
  ')': '(',
  '[': ']',
  ']': '[',
  '{': '}',
  '}': '{',
  '<': '>',
  '>': '<',
  '«': '»',
  '»': '«'
}

/** Punctuation as it is typed: a bracket that is shown on the left closes what is read from the right. */
function turned ({ str, dir }: Run): string {
  const characters = dir === 'rtl' ? [...str] : [...str].reverse()
  return characters.map((character) => MIRRORED[character] ?? character).join('')
}
