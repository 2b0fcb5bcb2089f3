// npm run conformance: runs the official suites against this server,
// prints the scores, and ends with 1 if a scenario
// failed that should not. With --through-proxy, they run through this
// server, against an upstream with the same fixtures.
import { openBench, suites, table, throughProxy, unexpected, type Outcome } from './suites.ts'

const isProxied = process.argv.includes('--through-proxy')
const bench = await openBench({ isProxied })
const outcomes: Outcome[] = []
try {
  for (const suite of isProxied ? throughProxy : suites) {
    const outcome = await bench.run(suite)
    outcomes.push(outcome)
    for (const { name, passed, failed } of outcome.scenarios) {
      process.stdout.write(`${failed === 0 ? '✓' : '✗'} ${suite.name} ${name}: ${passed} passed, ${failed} failed\n`)
    }
    if (outcome.scenarios.length === 0) process.stdout.write(outcome.output)
  }
} finally {
  await bench.close()
}
process.stdout.write(`\n${table(outcomes)}\n`)
const allPassed = outcomes.every(
  (outcome) => outcome.scenarios.length > 0 && unexpected(outcome, { isProxied }).length === 0
)
process.exitCode = allPassed ? 0 : 1
