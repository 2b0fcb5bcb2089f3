// What programs may do is ended for the person named, and for nobody else.
import t from 'tap'
import { person } from '../../helpers/person.ts'
import { startServer } from '../../helpers/server.ts'

t.test('an app that is gone, or is somebody else\'s, is not ended', async (t) => {
  const server = await startServer(t)
  const { administration, grants, audit } = server.app
  const ann = await person(server, 'ann@example.com')
  const bob = await person(server, 'bob@example.com')
  const [grant] = await grants.listByUser(bob.id)
  const by = { by: 'operator' }
  for (const id of [grant!.id, 'unknown']) {
    await t.rejects(administration.endGrant(by, ann.id, id), {
      code: 'invalid_request', statusCode: 400, message: /not connected/
    })
  }
  t.equal((await grants.listByUser(bob.id)).length, 1)
  t.same(await audit.ofUser(bob.id, 9), [])
  await administration.endGrant(by, bob.id, grant!.id)
  t.same(await grants.listByUser(bob.id), [])
})
