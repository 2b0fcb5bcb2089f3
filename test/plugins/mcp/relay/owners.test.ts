// Whose a resource is, where several upstreams have some.
import t from 'tap'
import { ALL_RIGHTS } from '../../../../plugins/access-rules/contract.ts'
import { createOwners } from '../../../../plugins/mcp/relay/owners.ts'
import { fakeUpstreams } from '../../../helpers/fake-upstreams.ts'

t.test('who lists a URI has it, then whose template fits, then the only one of its scheme', async (t) => {
  const upstreams = fakeUpstreams(
    { name: 'a', uris: ['file:///one'], templates: [{ name: 't', uriTemplate: 'db://{+path}' }] },
    { name: 'b', uris: ['file:///two', 'db://x'] },
    { name: 'c', templates: [{ name: 'q', uriTemplate: 'c://find{?q,page}' }] },
    { name: 'd' }
  )
  const { ownerOf, namesOf } = createOwners(upstreams)
  for (const [uri, owner] of [
    ['file:///one', 'a'],
    ['file:///two', 'b'],
    ['db://x', 'b'],
    ['db://y/z', 'a'],
    ['c://find?q=1', 'c'],
    ['c://other', 'c'],
    ['file:///three', undefined],
    [`c://${'x'.repeat(3_000)}`, undefined]
  ] as const) t.equal(ownerOf(uri, ALL_RIGHTS), owner, uri.slice(0, 20))
  t.strictSame(namesOf('a', 'db://y'), ['db://y', 't', 'db://{+path}'])
  const mayOf = (upstream: string) => upstream !== 'b'
  t.equal(ownerOf('db://x', { ...ALL_RIGHTS, mayOf }), 'a', 'of those that may be used')
})
