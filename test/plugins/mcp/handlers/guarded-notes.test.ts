// Notes are written only as long as the caller may, and read as before.
import t from 'tap'
import { guardWrites } from '../../../../plugins/mcp/handlers/guarded-notes.ts'

t.test('each write is asked for, and does not happen once it is not allowed (MW-03)', async (t) => {
  const calls: string[] = []
  const note = (name: string) => async () => {
    calls.push(name)
    return name as never
  }
  const names = ['create', 'append', 'update', 'delete', 'find', 'list', 'complete', 'search'] as const
  const notes = Object.fromEntries(names.map((name) => [name, note(name)])) as never
  for (const isAllowed of [() => true, async () => true]) {
    const guarded = guardWrites(notes, isAllowed) as Record<string, () => Promise<unknown>>
    for (const name of names) t.equal(await guarded[name]!(), name)
  }
  calls.length = 0
  const away = async () => {
    throw new Error('away')
  }
  for (const isAllowed of [() => false, async () => false, away]) {
    const guarded = guardWrites(notes, isAllowed) as Record<string, () => Promise<unknown>>
    for (const name of names.slice(0, 4)) await t.rejects(guarded[name]!(), { message: /has ended|away/ }, name)
  }
  t.strictSame(calls, [])
})
