// How much a note and a person may hold, and the title of a note.
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import t from 'tap'
import { checkRoom, MAX_CHARACTERS, MAX_TEXT_LENGTH, MAX_NOTES } from '../../../plugins/notes/size-limits.ts'
import { folder, openHouse, toolContexts } from '../../helpers/tool-context.ts'

const ann = { id: 'ann' }
const bob = { id: 'bob' }

t.test('a note and a person have a largest size, and what is over it changes nothing', async (t) => {
  const place = await folder(t)
  const docs = await folder(t)
  const { app } = await openHouse(t, docs, { dataDir: place })
  const notes = app.notes.of(ann)
  const { id } = await notes.create({ text: 'x'.repeat(MAX_TEXT_LENGTH - 5) })
  await t.rejects(notes.append(id, 'more than fits'), { code: 'full', message: /holds up to 40,000 characters/ })
  t.equal((await notes.find(id))?.version, 1)
  await t.rejects(notes.create({ text: 'x'.repeat(MAX_TEXT_LENGTH + 1) }), { code: 'full' })

  const db = new DatabaseSync(join(place, 'notes.db'))
  const fill = db.prepare(
    "INSERT INTO notes (owner, id, version, created, modified, characters, title, text) VALUES (?, ?, 1, 1, 1, ?, 't', 'x')"
  )
  for (let index = 1; index < MAX_NOTES; index++) fill.run('ann', `filler${index}`, 2)
  fill.run('bob', 'big', 4_999_990)
  db.close()
  await t.rejects(notes.create({ text: 'one too many' }), { code: 'full', message: /1,000 notes.*write.*delete/ })
  t.equal((await notes.append(id, 'ok')).version, 2, 'those there are may still be changed')
  await t.rejects(app.notes.of(bob).create({ text: 'does not fit any more' }), {
    code: 'full',
    message: /5,000,000 characters/
  })
  await t.resolves(app.notes.of({ id: 'cy' }).create({ text: 'others are not concerned' }))
})

t.test('titles: the one given, else the first line with words; one line, never cut through a character', async (t) => {
  const notes = (await toolContexts(t, {}))(ann).notes
  const title = async (text: string, title?: string) => (await notes.create({ text, title })).title
  t.equal(await title('\n\n## Heading ##\nmore'), 'Heading ##')
  t.equal(await title('- first item\n- second'), 'first item')
  t.equal(await title('text', '  Two\nlines '), 'Two')
  t.equal(await title('\n \n'), 'Untitled')
  t.equal(await title('🙂'.repeat(100)), `${'🙂'.repeat(39)}\ufffd…`)
  t.equal((await notes.create({ text: 'a\0b\ud800c' })).text, 'ab\ufffdc', 'what no storage can hold is taken out')
})

t.test('who has more than there is room for now may still make a note smaller, or keep its size', async (t) => {
  const note = (text: string) => ({ id: 'a', title: '', text, version: 1, created: 1, modified: 1 })
  for (const usage of [
    { notes: MAX_NOTES, characters: MAX_CHARACTERS / 2, fill: 0.9 },
    { notes: 1, characters: MAX_CHARACTERS + 1, fill: 0 }
  ]) {
    for (const text of ['', 'ten', 'x'.repeat(10)]) {
      t.doesNotThrow(() => checkRoom(note(text), note('x'.repeat(10)), usage))
    }
    t.throws(() => checkRoom(note('x'.repeat(11)), note('x'.repeat(10)), usage), { code: 'full' })
  }
})
