// The facts about a caller in `_meta`, under a key that MCP allows.
import t from 'tap'
import { IDENTITY_META_KEY, identityMeta } from '../../../plugins/upstreams/identity-meta.ts'
import { ann } from '../../helpers/http-upstreams.ts'

t.test('a caller is described as in headers and token, and nobody not at all', async (t) => {
  t.match(IDENTITY_META_KEY, /^(?:[a-z](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])?\/[a-z]+$/)
  const { id, email, name, groups, clientId: client } = ann
  t.same(identityMeta(ann), { [IDENTITY_META_KEY]: { id, email, name, groups, client } })
  t.same(identityMeta({ id: 'user-2', groups: [], clientId: 'app' }), {
    [IDENTITY_META_KEY]: { id: 'user-2', groups: [], client: 'app' }
  })
  t.same(identityMeta(undefined), {})
})
