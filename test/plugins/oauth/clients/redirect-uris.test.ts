// Which redirect URIs may be registered, and when one matches another (threat WB-24).
import t from 'tap'
import {
  describeRedirectUri,
  matchesRedirectUri,
  redirectHost,
  redirectUriProblem,
  redirects
} from '../../../../plugins/oauth/clients/redirect-uris.ts'

const rules = { ownOrigin: 'https://mcp.example.com', privateUse: [] }

/** The rule in one line: the same text, or the same text once the port of an http loopback is taken out. */
const withoutPort = (uri: string) =>
  uri.replace(
    /^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)):(?:[1-9]?\d{1,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])(?=[/?]|$)/,
    '$1'
  )
const isLoopback = (uri: string) => /^http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?:[/?]|$)/.test(withoutPort(uri))
const reference = (registered: string, asked: string) =>
  registered === asked ||
  (isLoopback(registered) && isLoopback(asked) && withoutPort(registered) === withoutPort(asked))

t.test('random pairs (WB-24)', async (t) => {
  let seed = 7
  const pick = <T>(items: readonly T[]): T => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return items[Math.floor((seed / 2 ** 32) * items.length)]!
  }
  const make = () =>
    [
      pick(['http', 'https', 'HTTP']),
      '://',
      pick(['', '', 'u@']),
      pick(['127.0.0.1', 'localhost', '[::1]', 'app.example', '127.1', '127.0.0.1.evil.example']),
      pick(['', ':80', ':4000', ':65535', ':4000@evil.example']),
      pick(['', '/', '/cb', '/CB', '/cb/', '/cb/../x', '/c%62']),
      pick(['', '?a=1', '?a=2']),
      pick(['', '', '#f'])
    ].join('')
  let equal = 0
  for (let round = 0; round < 200_000; round++) {
    const registered = make()
    if (redirectUriProblem(registered, rules) !== undefined) continue
    const asked = pick([0, 1, 2]) === 0 ? registered.replace(/:\d+/, ':5123') : make()
    const expected = reference(registered, asked)
    if (expected) equal++
    if (matchesRedirectUri(registered, asked) !== expected) t.fail(`${registered} ~ ${asked}`)
  }
  t.ok(equal > 1000, `${equal} pairs matched`)
})

t.test('a private-use scheme needs the word of the operator: exact, or the scheme with its colon (RG-02, R12)', async (t) => {
  const warp = 'warp://mcp/oauth2callback'
  const cases: Array<[uri: string, privateUse: string[] | 'any', isAllowed: boolean]> = [
    [warp, [], false],
    [warp, [warp], true],
    [`${warp}/`, [warp], false],
    [`${warp}?x=1`, [warp], false],
    [warp, ['warp:'], true],
    ['WARP://mcp/oauth2callback', ['warp:'], false],
    ['warped://mcp', ['warp:'], false],
    // RFC 8252 §7.1: a reverse domain name, and one slash.
    ['com.example.app:/oauth2redirect', ['com.example.app:'], true],
    ['com.example.app:/oauth2redirect', 'any', true],
    ['vscode://saoudrizwan.claude-dev/mcp-auth/callback/0123abcd', ['vscode:'], true],
    ['cursor://anysphere.cursor-mcp/oauth/callback', [], true],
    ['warp://*/callback', 'any', false],
    ['warp://user@mcp/callback', 'any', false],
    ['warp://mcp/callback#', 'any', false]
  ]
  for (const [uri, privateUse, isAllowed] of cases) {
    t.equal(redirectUriProblem(uri, { ...rules, privateUse }) === undefined, isAllowed, `${uri} with ${privateUse}`)
  }
  for (const uri of ['javascript:alert(1)', 'data:text/html,x', 'file:///x', 'blob:https://x/y', 'about:blank', 'view-source:x', 'intent://x']) {
    t.match(redirectUriProblem(uri, { ...rules, privateUse: 'any' }), /has the scheme/, `${uri}: never`)
  }
  t.same(describeRedirectUri('com.example.app:/oauth2redirect'), { host: 'com.example.app:', loopback: true })
})

t.test('the case of a host and a default port change nothing; everything else stays exact (RFC 3986 §6.2)', async (t) => {
  for (const uri of ['https://Chat.Example.com/cb', 'https://chat.example.com:443/cb', 'HTTPS://chat.example.com/cb']) {
    t.equal(redirectUriProblem(uri, rules), undefined, uri)
    t.ok(matchesRedirectUri(uri, uri))
    t.notOk(matchesRedirectUri(uri, 'https://chat.example.com/cb'), 'compared as it was written')
  }
  for (const uri of ['https://chat.example.com/a/../cb', 'https://chat.example.com:0443/cb', 'https://MCP.example.com/login', 'https://mcp.example.com:443/login', 'HTTP://localhost/cb']) {
    t.type(redirectUriProblem(uri, rules), 'string', uri)
  }
})

t.test('a client is judged by the URI that it asks for, by the rules of today', async (t) => {
  const uris = ['http://127.0.0.1/cb', 'warp://mcp/cb', 'http://localhost:*/cb']
  const before = redirects(uris, rules)
  t.equal(before.redirectUriProblem('http://127.0.0.1:4000/cb'), undefined)
  t.match(before.redirectUriProblem('warp://mcp/cb'), /has the scheme warp.*ALLOWED_REDIRECT_URIS/)
  t.equal(before.redirectUriProblem('https://other.example/cb'), 'is not one it has registered')
  t.equal(before.onlyRedirectUri(), 'http://127.0.0.1/cb', 'the only one that can be used')
  const after = redirects(uris, { ...rules, privateUse: ['warp:'] })
  t.equal(after.redirectUriProblem('warp://mcp/cb'), undefined, 'allowed meanwhile')
  t.equal(after.onlyRedirectUri(), undefined)
})

t.test('a redirect back to this server, and a port that no computer has (AZ-35, AZ-12)', async (t) => {
  t.match(redirectUriProblem('https://mcp.example.com/cb', rules), /points back/)
  t.equal(redirectUriProblem('https://mcp.example.com:444/cb', rules), undefined)
  const registered = 'http://127.0.0.1/cb'
  t.equal(matchesRedirectUri(registered, 'http://127.0.0.1:65535/cb'), true)
  for (const port of [65_536, 99_999]) t.equal(matchesRedirectUri(registered, `http://127.0.0.1:${port}/cb`), false)
})

t.test('the audit log has the host of what has a plain one, and of nothing long', async (t) => {
  t.equal(redirectHost('https://app.example:8443/callback'), 'app.example:8443')
  t.equal(redirectHost('no address'), undefined)
  t.equal(redirectHost(`https://app.example/${'x'.repeat(20_000)}`), undefined)
})
