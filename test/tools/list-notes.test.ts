// The person's notes, newest change first, in pages.
import t from 'tap'
import listTool from '../../tools/list-notes.ts'
import writeTool from '../../tools/write.ts'
import { toolContexts } from '../helpers/tool-context.ts'

const ann = { id: 'ann' }

t.test('lists newest change first, in pages, with a beginning instead of the whole text', async (t) => {
  const tool = (await toolContexts(t, {}))(ann)
  const ids: string[] = []
  for (let index = 0; index < 5; index++) { ids.push((await writeTool.run({ title: `Note ${index}`, text: '🙂'.repeat(150 + index) }, tool)).id) }
  await writeTool.run({ id: ids[1]!, text: 'newest' }, tool)
  const first = await listTool.run({ limit: 2 }, tool)
  t.same(
    first.notes.map(({ id }) => id),
    [ids[1], ids[4]]
  )
  t.ok(first.notes.every(({ beginning }) => beginning.length <= 201 && beginning.isWellFormed()))
  const second = await listTool.run({ limit: 2, cursor: first.next }, tool)
  const third = await listTool.run({ limit: 2, cursor: second.next }, tool)
  t.same(
    [...second.notes, ...third.notes].map(({ id }) => id),
    [ids[3], ids[2], ids[0]]
  )
  t.equal(third.next, undefined)
  for (const cursor of [
    'x',
    'bm8',
    Buffer.from('[1,"a\\u0000"]').toString('base64url'),
    Buffer.from('{"__proto__":1}').toString('base64url')
  ]) {
    await t.rejects(listTool.run({ cursor }, tool), { name: 'ToolError', code: 'invalid' }, cursor)
  }
})
