// `write` only ever adds: a new note, or lines at the end of one of the person's own.
import t from 'tap'
import fetchTool from '../../tools/fetch.ts'
import listTool from '../../tools/list-notes.ts'
import writeTool from '../../tools/write.ts'
import { toolContexts } from '../helpers/tool-context.ts'

t.test('an id that is none of the person\'s is refused, and nothing is written for anybody', async (t) => {
  const contexts = await toolContexts(t, {})
  const [ann, bob] = [contexts({ id: 'ann' }), contexts({ id: 'bob' })]
  const { id } = await writeTool.run({ text: 'of Ann' }, ann)
  for (const [tool, other] of [[bob, id], [ann, 'note:none'], [ann, 'tides.md']] as const) {
    await t.rejects(writeTool.run({ id: other, text: 'more' }, tool), { name: 'ToolError', code: 'not_found' }, other)
  }
  t.match(await fetchTool.run({ id }, ann), { text: 'of Ann', metadata: { version: '1' } })
  t.same((await listTool.run({}, bob)).notes, [])
  t.equal((await listTool.run({}, ann)).notes.length, 1)
})

t.test('a title is for a new note, and texts have their bounds', async (t) => {
  const read = (input: object) => writeTool.input.safeParse({ text: 'x', ...input })
  t.equal(read({ text: 'x'.repeat(40_000), title: 'x'.repeat(200) }).success, true)
  t.equal(read({ id: 'x'.repeat(200) }).success, true)
  t.match(read({ id: 'note:a', title: 'x' }).error?.issues[0]?.message, 'update_note changes a title')
  for (const input of [
    { text: '' },
    { text: 'x'.repeat(40_001) },
    { title: '' },
    { title: 'x'.repeat(201) },
    { id: 'x'.repeat(201) },
    { owner: 'bob' }
  ]) {
    t.equal(read(input).success, false, JSON.stringify(input).slice(0, 60))
  }
})
