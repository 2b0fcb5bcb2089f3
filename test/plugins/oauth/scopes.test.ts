// The scopes of this server: which are granted, and what people read of them.
import t from 'tap'
import { english } from '../../../languages/index.ts'
import { describeScopes, grantableScopes, offeredScopes, opensSomething, resourceScopes } from '../../../plugins/oauth/scopes.ts'

t.test('without any the resource\'s own scopes are granted, and none of a person\'s data', async (t) => {
  t.same(grantableScopes(undefined), ['mcp:read', 'mcp:write'])
  const granted = grantableScopes(undefined)
  granted.push('email')
  t.same(grantableScopes(undefined), [...resourceScopes], 'each caller has a list of its own')
})

t.test('unknown scopes are dropped, each known one is granted once, in one order', async (t) => {
  for (const [asked, granted] of [
    ['', ['mcp:read', 'mcp:write']],
    ['  ', ['mcp:read', 'mcp:write']],
    ['mcp:write', ['mcp:write']],
    ['mcp:write mcp:read mcp:write', ['mcp:read', 'mcp:write']],
    ['admin openid constructor', ['openid']],
    ['MCP:READ', []],
    ['mcp:read,mcp:write', []],
    [' offline_access  email ', ['email', 'offline_access']]
  ] as const) {
    t.same(grantableScopes(asked), granted, asked)
  }
  t.same(grantableScopes([...offeredScopes].reverse().join(' ')), offeredScopes)
})

t.test('each scope that is offered has words of its own, and one of an earlier version is shown as it is', async (t) => {
  const texts = describeScopes(english, offeredScopes).map(({ text }) => text)
  t.equal(new Set(texts).size, offeredScopes.length)
  t.notOk(texts.some((text) => offeredScopes.includes(text)))
  t.same(describeScopes(english, ['old:scope']), [{ scope: 'old:scope', text: 'old:scope' }])
})

t.test('a token opens something with either scope of the server, and nothing with a person\'s data alone', async (t) => {
  for (const scope of offeredScopes) t.equal(opensSomething([scope]), scope.startsWith('mcp:'), scope)
  t.equal(opensSomething(['openid', 'email', 'mcp:write']), true)
  t.equal(opensSomething([]), false)
})
