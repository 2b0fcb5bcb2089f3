// Each note of the caller as a resource, and of no one else.
import t from 'tap'
import notes from '../../resources/notes.ts'
import writeTool from '../../tools/write.ts'
import { toolContexts } from '../helpers/tool-context.ts'

t.test('a note is read, listed and completed by its owner alone', async (t) => {
  const contexts = await toolContexts(t, {})
  const [ann, bob] = [contexts({ id: 'ann' }), contexts({ id: 'bob' })]
  const made = await writeTool.run({ title: 'Tent', text: 'Take the blue tent.' }, ann)
  const id = made.id.slice('note:'.length)
  t.equal(await notes.read({ id }, ann), 'Take the blue tent.')
  t.same((await notes.list!(undefined, ann)).resources, [{ values: { id }, name: made.id, title: 'Tent' }])
  t.same(await notes.complete!['id']!('Ten', ann), [id], 'by its title, without the scheme')

  t.equal(await notes.read({ id }, bob), undefined)
  t.same(await notes.list!(undefined, bob), { resources: [] })
  t.same(await notes.complete!['id']!('', bob), [])
  t.equal(await notes.read({ id: made.id }, ann), undefined, 'the scheme is not part of it')
})

t.test('fifty are a page, and the next goes on after them', async (t) => {
  const ann = (await toolContexts(t, {}))({ id: 'ann' })
  for (let count = 0; count < 51; count++) await writeTool.run({ text: `note ${count}` }, ann)
  const first = await notes.list!(undefined, ann)
  t.equal(first.resources.length, 50)
  const second = await notes.list!(first.next, ann)
  t.equal(second.resources.length, 1)
  t.equal('next' in second, false)
})
