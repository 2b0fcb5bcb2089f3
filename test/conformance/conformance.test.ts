// The official conformance suites, as part of every run: each scenario
// this server claims passes, and the scores in the
// documentation are the true ones.
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { claimed, openBench, suites, table, throughProxy, unexpected, type Outcome } from './suites.ts'

t.test(
  'the conformance suites of both eras and of the authorization server pass, with a token of the real sign-in (N1, N2, N4)',
  async (t) => {
    const bench = await openBench()
    t.teardown(() => bench.close())
    const outcomes: Outcome[] = []
    for (const suite of suites) {
      const outcome = await bench.run(suite)
      outcomes.push(outcome)
      t.ok(outcome.scenarios.length > 0, `${suite.name} ran`)
      for (const { name, failed } of claimed(outcome)) t.equal(failed, 0, `${suite.name}: ${name}`)
    }
    const documented = await readFile(new URL('../../docs/conformance.md', import.meta.url), 'utf8')
    t.ok(documented.includes(table(outcomes)), 'docs/conformance.md holds this table')
    t.comment(table(outcomes))
  }
)

t.test('through this server, fixtures of an upstream pass as they do directly, but for sampling and roots (N1, N2)', async (t) => {
  const bench = await openBench({ isProxied: true })
  t.teardown(() => bench.close())
  const outcomes: Outcome[] = []
  for (const suite of throughProxy) {
    const outcome = await bench.run(suite)
    outcomes.push(outcome)
    t.ok(outcome.scenarios.length > 0, `${suite.name} ran`)
    t.same(unexpected(outcome, { isProxied: true }), [], suite.name)
  }
  const documented = await readFile(new URL('../../docs/conformance.md', import.meta.url), 'utf8')
  t.ok(documented.includes(table(outcomes)), `docs/conformance.md holds this table:\n${table(outcomes)}`)
})
