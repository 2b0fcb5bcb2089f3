// The table of URL paths, and the URLs that are made of it.
import t from 'tap'
import { callbackPath, messageUrls, paths, signInPages } from '../paths.ts'

t.test('no two things are at one path', async (t) => {
  const { mcp, home, ...others } = paths
  const all = [home, ...mcp.filter((path) => path !== home), ...Object.values(others)]
  t.equal(new Set(all).size, all.length)
  for (const path of all) t.match(path, /^\/(?:[a-z.-]+(?:\/[a-z.-]+)*\/?)?$/)
})

t.test('each backend has a callback of its own, whatever its name is made of (RFC 9700 §4.4)', async (t) => {
  for (const [backend, path] of [
    ['oidc', '/login/callback/oidc'],
    ['./my own.ts', '/login/callback/my-own-ts'],
    ['../../x', '/login/callback/x'],
    ['a?b#c', '/login/callback/a-b-c']
  ] as const) {
    t.equal(callbackPath(backend), path)
  }
})

t.test('a page of a sign-in carries the handle, a message the secret, and nothing else', async (t) => {
  t.same(
    Object.values(signInPages).map((page) => page('h')),
    ['/login', '/login/code', '/login/account', '/account/sign-in/add', '/consent'].map((path) => `${path}?interaction=h`)
  )
  const urls = messageUrls('https://mcp.example.com')
  t.equal(urls.confirm('s'), 'https://mcp.example.com/email/confirm?link=s')
  t.equal(urls.reset('s'), 'https://mcp.example.com/password/reset?link=s')
  t.equal(urls.change('s'), 'https://mcp.example.com/email/change?link=s')
  t.equal(urls.forgot, 'https://mcp.example.com/password/forgot')
})
