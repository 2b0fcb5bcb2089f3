// How many connections the limit of open files allows.
import t from 'tap'
import { maxConnectionsFor, maxFileHandles } from '../../plugins/file-handles.ts'

t.test('the limit is known, and leaves handles for everything else', async (t) => {
  t.ok(maxFileHandles() > 0)
  t.same([20, 1_024, 20_000, Infinity].map(maxConnectionsFor), [10, 768, 19_744, Infinity])
})
