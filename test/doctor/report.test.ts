// The report: one line for each check, and nothing that a terminal obeys.
import t from 'tap'
import { createReport } from '../../doctor/report.ts'

t.test('text from the examined server cannot move the cursor or fill the terminal', async (t) => {
  const lines: string[] = []
  const { report, tally } = createReport((line) => lines.push(line))
  report.fail(`bad \u001b[2J\nname \u202egnp.exe \u200b\u2028\u2066 ${'x'.repeat(1_000)}`, 'change it')
  report.warn('odd', 'check it')
  report.pass('good')
  t.equal(lines.length, 5)
  t.ok(lines.every((line) => [...line].every((character) => character >= ' ')), 'no control characters')
  t.notMatch(lines.join(''), /[\p{Cc}\p{Cf}\u2028\u2029]/u, 'and none that turns text around or hides it')
  t.ok(lines[0]!.length < 450)
  t.same(tally, { passed: 1, warnings: 1, failed: 1 })
})
