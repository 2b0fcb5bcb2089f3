// The doctor's output: a line for each check, and below it what to change where something is wrong.
export interface Report {
  section(title: string): void
  pass(text: string): void
  /** It may work, and should be checked. */
  warn(text: string, advice: string): void
  /** It keeps a client out, or lets an attacker in. */
  fail(text: string, advice: string): void
}

export interface Tally {
  passed: number
  warnings: number
  failed: number
}

const MAX_LENGTH = 400

/** @param write receives one line, without its end. */
export function createReport (write: (line: string) => void): { report: Report; tally: Tally } {
  const tally = { passed: 0, warnings: 0, failed: 0 }
  const line = (mark: string, text: string, advice?: string) => {
    write(`  ${mark} ${singleLine(text)}`)
    if (advice !== undefined) write(`      ${singleLine(advice)}`)
  }
  return {
    tally,
    report: {
      section: (title) => {
        write(`\n${title}`)
      },
      pass (text) {
        tally.passed++
        line('✓', text)
      },
      warn (text, advice) {
        tally.warnings++
        line('!', text, advice)
      },
      fail (text, advice) {
        tally.failed++
        line('✗', text, advice)
      }
    }
  }
}

/** Text from a foreign server is printed as one line: it must not move the cursor of a terminal. */
const singleLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').slice(0, MAX_LENGTH)
