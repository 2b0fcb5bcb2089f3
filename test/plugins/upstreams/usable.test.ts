// Which existing servers the pages name for an app: those that offer its person something within its scopes.
import t from 'tap'
import { ALL_RIGHTS, type Rights } from '../../../plugins/access-rules/contract.ts'
import { usableUpstreams } from '../../../plugins/upstreams/usable.ts'
import { shownUpstreams } from '../../helpers/shown-upstreams.ts'

const upstreams = shownUpstreams([
  { name: 'files', tools: ['files_read'] },
  { name: 'crm', tools: ['crm_add'], scopes: ['mcp:write'] },
  { name: 'wiki', uris: ['wiki://home'] },
  { name: 'new' }
])
const BOTH = ['mcp:read', 'mcp:write']

t.test('all that offer something within the scopes of the app, in the order of the file', async (t) => {
  t.same(usableUpstreams(upstreams, ALL_RIGHTS, BOTH), ['files', 'crm', 'wiki', 'new'])
  t.same(usableUpstreams(upstreams, ALL_RIGHTS, ['mcp:read']), ['files', 'wiki', 'new'])
})

t.test('none of which the rules give nothing; one of which they give a single tool or resource', async (t) => {
  const none: Rights = { ...ALL_RIGHTS, may: () => false, mayOf: () => false }
  t.same(usableUpstreams(upstreams, none, BOTH), [])
  const given = ['crm_add', 'wiki://home']
  const some: Rights = {
    ...none,
    mayOf: (_upstream, _kind, ...names) => names.some((name) => given.includes(name))
  }
  t.same(usableUpstreams(upstreams, some, BOTH), ['crm', 'wiki'])
  const byName: Rights = {
    ...none,
    may: (kind, name) => kind === 'upstreams' && name === 'new'
  }
  t.same(usableUpstreams(upstreams, byName, BOTH), ['new'])
})
