// A note is changed only as it was read: by `update_note` and by `delete_note`.
import t from 'tap'
import deleteTool from '../../tools/delete-note.ts'
import fetchTool from '../../tools/fetch.ts'
import updateTool from '../../tools/update-note.ts'
import writeTool from '../../tools/write.ts'
import { toolContexts } from '../helpers/tool-context.ts'

const ann = { id: 'ann' }

t.test('a change to a note that was changed meanwhile is refused whole, and says how to go on', async (t) => {
  const contexts = await toolContexts(t, {})
  const [one, other] = [contexts(ann), contexts(ann)]
  const { id } = await writeTool.run({ text: 'first' }, one)
  await updateTool.run({ id, version: 1, text: 'from the other conversation' }, other)
  const attempts: Array<() => Promise<unknown>> = [
    () => updateTool.run({ id, version: 1, text: 'lost update' }, one),
    () => deleteTool.run({ id, version: 1 }, one)
  ]
  for (const attempt of attempts) {
    await t.rejects(attempt(), {
      name: 'ToolError',
      code: 'conflict',
      message: new RegExp(`now at version 2.*nothing was changed.*fetch with the id "${id}".*version 2`)
    })
  }
  t.match(await fetchTool.run({ id }, one), { text: 'from the other conversation', metadata: { version: '2' } })
  const racing = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => updateTool.run({ id, version: 2, text: `racer ${index}` }, contexts(ann)))
  )
  t.equal(
    racing.filter(({ status }) => status === 'fulfilled').length,
    1,
    'of twenty who read the same version one wins'
  )
})

t.test('a change needs a text or a title, each within its bound, and the version that was read', async (t) => {
  const read = (change: object) => updateTool.input.safeParse({ id: 'note:a', version: 1, ...change }).success
  t.equal(read({ text: 'x'.repeat(40_000), title: 'x'.repeat(200) }), true)
  t.equal(read({ title: 'x' }), true)
  for (const change of [
    {},
    { text: '' },
    { text: 'x'.repeat(40_001) },
    { title: 'x'.repeat(201) },
    { text: 'x', version: 0 },
    { text: 'x', version: undefined },
    { text: 'x', id: 'x'.repeat(201) },
    { text: 'x', owner: 'bob' }
  ]) {
    t.equal(read(change), false, JSON.stringify(change).slice(0, 60))
  }
})
