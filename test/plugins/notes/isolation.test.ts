// Two people side by side never see anything of each other, whatever they do, and hostile arguments are only text.
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { ToolError, type ToolContext } from '../../../authoring/tool.ts'
import deleteTool from '../../../tools/delete-note.ts'
import fetchTool from '../../../tools/fetch.ts'
import listTool from '../../../tools/list-notes.ts'
import searchTool from '../../../tools/search.ts'
import updateTool from '../../../tools/update-note.ts'
import writeTool from '../../../tools/write.ts'
import { toolContexts } from '../../helpers/tool-context.ts'

const ann = { id: 'ann' }
const bob = { id: 'bob' }

/** Deterministic, so that a failure can be seen again. */
function dice (seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state % sides
  }
}

t.test('whatever two people do, no answer and no error of one holds anything of the other (WB-12)', async (t) => {
  const contexts = await toolContexts(t, { 'shared.md': 'the shared walnut' })
  const people = [ann, bob].map((user) => ({
    user,
    secret: `secret${randomBytes(8).toString('hex')}`,
    ids: [] as string[],
    tool: contexts(user)
  }))
  const seed = randomBytes(4).readUInt32LE()
  t.comment(`seed ${seed}`)
  const roll = dice(seed)
  const pick = <T>(items: T[]): T | undefined => items[roll(items.length || 1)]

  for (let step = 0; step < 400; step++) {
    const me = people[roll(2)]!
    const other = people.find((person) => person !== me)!
    const id = pick([...me.ids, ...other.ids]) ?? 'note:none'
    const version = 1 + roll(3)
    const words = [other.secret, me.secret, 'secret*', `"${other.secret}"`, 'about', id, 'owner:bob', 'walnut'][
      roll(8)
    ]!
    const actions: Array<() => Promise<unknown>> = [
      async () => {
        me.ids.push((await writeTool.run({ text: `about ${me.secret}`, title: `mine ${me.secret}` }, me.tool)).id)
      },
      () => writeTool.run({ id, text: `more of ${me.secret}` }, me.tool),
      () => updateTool.run({ id, version, text: `changed ${me.secret}` }, me.tool),
      () => deleteTool.run({ id, version }, me.tool),
      () => fetchTool.run({ id }, me.tool),
      () => fetchTool.run({ id: `${id}#part=${version}` }, me.tool),
      () => searchTool.run({ query: words }, me.tool),
      () => listTool.run({ limit: 1 + roll(5) }, me.tool),
      async () => {
        // A cursor of the other's is only a place in time.
        const { next } = await listTool.run({ limit: 1 }, other.tool)
        return listTool.run({ ...(next && { cursor: next }) }, me.tool)
      },
      () => me.tool.library.search(words)
    ]
    const answer = await actions[roll(actions.length)]!().catch((error: Error) => ({ refused: error.message }))
    const said = JSON.stringify(answer ?? null).replaceAll(words, '')
    if (said.includes(other.secret)) t.fail(`step ${step} of seed ${seed}: ${said}`)
  }
  for (const { tool, ids, secret } of people) {
    const { notes } = await listTool.run({ limit: 50 }, tool)
    t.ok(
      notes.every((note) => ids.includes(note.id) && note.title.includes(secret)),
      'and each still has only their own'
    )
  }
  const refusal = (run: Promise<unknown>) =>
    run.then(
      () => t.fail('must refuse'),
      ({ message }: Error) => message
    )
  const theirs = (await writeTool.run({ text: 'x' }, people[1]!.tool)).id
  const none = 'note:AAAAAAAAAAAAAAAA'
  for (const ask of [
    (id: string, tool: ToolContext) => fetchTool.run({ id }, tool),
    (id: string, tool: ToolContext) => updateTool.run({ id, version: 1, text: 'y' }, tool),
    (id: string, tool: ToolContext) => deleteTool.run({ id, version: 1 }, tool)
  ]) {
    t.equal(
      ((await refusal(ask(theirs, people[0]!.tool))) as string).replace(theirs, 'ID'),
      ((await refusal(ask(none, people[0]!.tool))) as string).replace(none, 'ID'),
      'a note of another cannot be told from none'
    )
  }
})

t.test('hostile arguments are refused or are only text (TL-03, TL-05, TL-06)', async (t) => {
  const tool = (await toolContexts(t, { 'a.md': 'walnut' }))(ann)
  const tools = [writeTool, updateTool, deleteTool, listTool]
  for (const value of [null, 0, true, [], {}, '', 'x'.repeat(50_000), Number.NaN]) {
    for (const { input, name } of tools) {
      for (const field of ['text', 'title', 'id', 'cursor']) {
        t.notOk(
          input.safeParse({ text: 'x', id: 'note:x', version: 1, [field]: value }).success,
          `${name} ${field} ${JSON.stringify(value)?.slice(0, 20)}`
        )
      }
    }
  }
  for (const version of [0, -1, 1.5, '1', null, Infinity]) { t.notOk(updateTool.input.safeParse({ id: 'note:x', text: 'x', version }).success) }
  t.notOk(updateTool.input.safeParse({ id: 'note:x', version: 1 }).success, 'nothing to change')
  t.notOk(
    writeTool.input.safeParse({ id: 'note:x', text: 'x', title: 'y' }).success,
    'a title is not changed by adding'
  )
  const odd = [
    '\0',
    '\ud800',
    "'; DROP TABLE notes; --",
    '" OR 1=1 --',
    '../../etc/passwd',
    '/etc/passwd',
    'note:',
    'note:../x',
    'note:\0',
    '__proto__',
    'note:__proto__',
    '%',
    '*',
    'http://127.0.0.1:1/',
    '#{process.env}'
  ]
  for (const value of odd) {
    const label = JSON.stringify(value)
    await t.rejects(
      updateTool.run({ id: value, version: 1, text: 'x' }, tool),
      { name: 'ToolError', code: 'not_found' },
      label
    )
    await t.rejects(deleteTool.run({ id: value, version: 1 }, tool), { name: 'ToolError', code: 'not_found' }, label)
    await t.rejects(writeTool.run({ id: value, text: 'x' }, tool), { name: 'ToolError', code: 'not_found' }, label)
    await t.rejects(fetchTool.run({ id: value }, tool), ToolError, label)
    const { id } = await writeTool.run({ text: value, title: value }, tool)
    t.equal((await fetchTool.run({ id }, tool)).text, value.replace('\0', '').replace('\ud800', '\ufffd'), label)
  }
})
