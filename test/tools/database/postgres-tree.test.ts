// Reading the syntax tree of a statement.
import t from 'tap'
import { has, isDeeperThan, joinedOperands, strings } from '../../../tools/database/postgres-tree.ts'

const text = (sval: string) => ({ String: { sval } })
const join = (lexpr: unknown, rexpr: unknown) => ({ A_Expr: { name: [text('||')], lexpr, rexpr } })

t.test('texts, tags and chains of ||', (t) => {
  t.same(strings([text('a'), { Integer: {} }, { String: {} }]), ['a', ''])
  t.same(strings(undefined), [])
  t.ok(has({ a: [{ ColumnRef: {} }] }, 'ColumnRef'))
  t.notOk(has({ a: [{ ColumnRef: {} }] }, 'ColumnRef', () => false))
  t.same(joinedOperands(join(join(1, 2), join(3, 4))), [1, 2, 3, 4])
  t.equal(joinedOperands({ A_Const: {} }), undefined)
  t.end()
})

t.test('depth counts nodes and not the members between them', (t) => {
  const nested = { A: { args: [{ B: { args: [{ C: {} }] } }] } }
  t.notOk(isDeeperThan(nested, 3))
  t.ok(isDeeperThan(nested, 2))
  t.notOk(isDeeperThan({ a: { b: { c: { d: 1 } } } }, 0))
  t.end()
})
