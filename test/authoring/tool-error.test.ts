// The error that a model reads, recognized by its name.
import t from 'tap'
import { isToolError, ToolError } from '../../authoring/tool-error.ts'

t.test('an error of this name is one, of whichever class', (t) => {
  t.ok(isToolError(new ToolError('Ask for less.')))
  t.ok(isToolError(Object.assign(new Error('x'), { name: 'ToolError' })))
  for (const other of [new Error('x'), { name: 'ToolError' }, 'ToolError', null]) t.notOk(isToolError(other))
  t.end()
})
