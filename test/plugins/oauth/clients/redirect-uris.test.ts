// Which redirect URIs may be registered, and when one matches another (threat WB-24).
import t from 'tap'
import { matchesRedirectUri, redirectUriProblem } from '../../../../plugins/oauth/clients/redirect-uris.ts'

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
    if (redirectUriProblem(registered, 'https://mcp.example.com') !== undefined) continue
    const asked = pick([0, 1, 2]) === 0 ? registered.replace(/:\d+/, ':5123') : make()
    const expected = reference(registered, asked)
    if (expected) equal++
    if (matchesRedirectUri(registered, asked) !== expected) t.fail(`${registered} ~ ${asked}`)
  }
  t.ok(equal > 1000, `${equal} pairs matched`)
})

t.test('a redirect back to this server, and a port that no computer has (AZ-35, AZ-12)', async (t) => {
  t.match(redirectUriProblem('https://mcp.example.com/cb', 'https://mcp.example.com'), /points back/)
  t.equal(redirectUriProblem('https://mcp.example.com:444/cb', 'https://mcp.example.com'), undefined)
  const registered = 'http://127.0.0.1/cb'
  t.equal(matchesRedirectUri(registered, 'http://127.0.0.1:65535/cb'), true)
  for (const port of [65_536, 99_999]) t.equal(matchesRedirectUri(registered, `http://127.0.0.1:${port}/cb`), false)
})
