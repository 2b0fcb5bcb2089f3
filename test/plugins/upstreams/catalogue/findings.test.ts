// Lines for the operator about the lists of an upstream.
import t from 'tap'
import {
  createFindings,
  enumerate,
  warnOnce
} from '../../../../plugins/upstreams/catalogue/findings.ts'
import { operatorLog } from './upstream.ts'

t.test('each cause is one line, with the names it is about', async (t) => {
  const log = operatorLog()
  const findings = createFindings('crm')
  findings.add('too long', 'a')
  findings.add('it ends')
  findings.add('too long', 'b')
  findings.report(log)
  t.same(log.lines, [
    'upstream crm: too long: a, b',
    'upstream crm: it ends'
  ])
})

t.test('names are few, short and safe to print (UC-06)', async (t) => {
  t.equal(enumerate(['a', 'b', 'c', 'd', 'e']), 'a, b, c, d, e')
  t.equal(enumerate([...'abcdefg']), 'a, b, c, d, e and 2 more')
  t.equal(enumerate(['x'.repeat(100)]), 'x'.repeat(64))
  t.equal(enumerate(['a\n\u001b']), 'a\\u{a}\\u{1b}')
})

t.test('no line is said twice, and an upstream has a number of them', async (t) => {
  const log = operatorLog()
  warnOnce(log, 'a', 'x')
  warnOnce(log, 'a', 'x')
  warnOnce(log, 'b', 'x')
  t.same(log.lines, ['upstream a: x', 'upstream b: x'])
  for (let line = 0; line < 200; line++) warnOnce(log, 'a', `${line}`)
  t.equal(log.lines.length, 2 + 99 + 1)
  t.match(log.lines.at(-1), /nothing more is said/)
  const other = operatorLog()
  warnOnce(other, 'a', 'x')
  t.same(other.lines, ['upstream a: x'])
})
