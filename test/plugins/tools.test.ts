// The server opens its tools when it starts and closes them when it stops.
import { join } from 'node:path'
import t from 'tap'
import { buildApp } from '../../app.ts'
import { loadConfig } from '../../config/index.ts'
import { loadOffer } from '../../authoring/loader/load.ts'
import { says, life, folder } from '../helpers/word-tools.ts'

t.beforeEach(() => {
  Reflect.set(globalThis, 'life', [])
})

t.test('the server opens tools at its start and closes them with itself', async (t) => {
  const { place, tools } = await folder(t, { 'a.ts': says('first', 'FIRST_WORD') })
  const app = await buildApp(await loadConfig({ FIRST_WORD: 'hello', LOG_LEVEL: 'silent' }, place, [tools]), {
    offer: await loadOffer([tools])
  })
  t.same(
    app.tools.offered.map(({ name }) => name),
    ['first']
  )
  await app.close()
  t.same(life(), [`first opened in ${join(place, 'data')}`, 'first closed'])
})

t.test('tools that clients cannot be offered are closed again, and those of before stay', async (t) => {
  const { place, tools } = await folder(t, { 'a.ts': says('first', 'FIRST_WORD') })
  const env = { FIRST_WORD: 'hello', LOG_LEVEL: 'silent' }
  const later = await folder(t, { 'a.ts': says('second', 'FIRST_WORD') })
  const app = await buildApp(await loadConfig(env, place, [tools]), { offer: await loadOffer([tools]) })
  t.teardown(() => app.close())
  const next = (await loadOffer([later.tools])).tools
  await t.rejects(app.tools.replace(next, () => { throw new Error('taken') }), {
    message: 'taken'
  })
  t.same(app.tools.offered.map(({ name }) => name), ['first'])
  t.same(life().slice(1), [`second opened in ${join(place, 'data')}`, 'second closed'])
})
