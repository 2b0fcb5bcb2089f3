// What one process is about to write of a person whom another one deletes: two instances, or a command beside the server.
import t from 'tap'
import { createFindLeavers } from '../../../plugins/observability/leavers.ts'
import { another } from '../../helpers/another-instance.ts'
import { person } from '../../helpers/person.ts'
import { storageTest } from '../../helpers/storages.ts'

storageTest('what waits at one instance of a person is not written after another has deleted them (MW-03)', async (t, start) => {
  const server = await start({ env: { AUTH_BACKEND: 'demo' } })
  const { app } = server
  const ann = await person(server, 'ann@example.com')
  const bob = await person(server, 'bob@example.com')
  for (const { id: user } of [ann, bob]) {
    app.audit.note('tool_call', {
      user,
      tool: 'search',
      client: 'c',
      outcome: 'ok',
      ms: 1
    })
    app.audit.note('limit', { user, reason: 'messages-per-user' })
  }
  const other = await another(t, server)
  await other.app.signIn.lifecycle.delete(ann.id)
  await app.audit.flush()
  t.same(await app.audit.ofUser(ann.id, 9), [])
  t.equal((await app.audit.ofUser(bob.id, 9)).length, 2)
  const slots = JSON.stringify(await app.tallies.read('day'))
  t.notMatch(slots, ann.id)
  t.match(slots, bob.id)
  app.audit.note('tool_call', { user: 'service:reports', tool: 'search' })
  const ofService = await app.audit.ofUser('service:reports', 9)
  t.equal(ofService.length, 1, 'a service has no record, and is not gone')
})

t.test('without sign-in there are no people, and nobody has left', async (t) => {
  const app = { hasDecorator: () => false } as never
  t.same(await createFindLeavers(app)(['x'.repeat(22)]), new Set())
})
