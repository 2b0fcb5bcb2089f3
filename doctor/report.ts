// What the doctor says: a line for each thing it looked at, and beneath it what to change where something is wrong.
export interface Report {
  section(title: string): void
  pass(says: string): void
  /** It may work, and is worth a look. */
  warn(says: string, advice: string): void
  /** It keeps some client out, or lets somebody in. */
  fail(says: string, advice: string): void
}

export interface Tally {
  good: number
  doubts: number
  faults: number
}

const MAX_LENGTH = 400

/** @param write takes one line, without its end. */
export function createReport (write: (line: string) => void): { report: Report; tally: Tally } {
  const tally = { good: 0, doubts: 0, faults: 0 }
  const line = (mark: string, says: string, advice?: string) => {
    write(`  ${mark} ${harmless(says)}`)
    if (advice !== undefined) write(`      ${harmless(advice)}`)
  }
  return {
    tally,
    report: {
      section: (title) => {
        write(`\n${title}`)
      },
      pass (says) {
        tally.good++
        line('✓', says)
      },
      warn (says, advice) {
        tally.doubts++
        line('!', says, advice)
      },
      fail (says, advice) {
        tally.faults++
        line('✗', says, advice)
      }
    }
  }
}

/** What a stranger's server wrote is shown as text of one line: it must not move the cursor of a terminal. */
const harmless = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').slice(0, MAX_LENGTH)
