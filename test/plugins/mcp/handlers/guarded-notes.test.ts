// Notes are written only as long as the caller may.
import t from 'tap'
import { checkBeforeWrite } from '../../../../plugins/mcp/handlers/guarded-notes.ts'

t.test('each write is asked for, and refused once it is not allowed (MW-03)', async (t) => {
  for (const isAllowed of [() => true, async () => true]) {
    await t.resolves(checkBeforeWrite(isAllowed)())
  }
  const away = async () => {
    throw new Error('away')
  }
  for (const isAllowed of [() => false, async () => false, away]) {
    await t.rejects(checkBeforeWrite(isAllowed)(), { message: /has ended|away/ })
  }
})
