// Errors of Postgres in words for a model: what to change, and nothing of the database.
import t from 'tap'
import { toToolError } from '../../../tools/database/postgres-errors.ts'

t.test('a code has its words, its class has others, and the place comes from the statement', (t) => {
  const tables = [{ name: 't', kind: 'table' as const, columns: [{ name: 'name', type: 'text' }] }]
  const sql = 'SELECT nmae FROM t'
  t.equal(
    toToolError({ code: '42703', position: '8' }, sql, tables).message,
    'There is no such column. It is about "nmae FROM". Did you mean name?'
  )
  t.match(toToolError({ code: '22999' }, sql, tables).message, /^A value does not fit/)
  t.match(toToolError({ code: 'XX000' }, sql, tables).message, /^The database did not run this statement/)
  t.end()
})
