// The table of URL paths, and the URLs that are made of it.
import t from 'tap'
import {
  callbackPath,
  createEndpoints,
  createPaths,
  createSignInPages,
  messageUrls,
  paths,
  type Place
} from '../paths.ts'

const PUBLIC = 'https://mcp.example.com'
const places: Place[] = [{}, { mcpPath: '/mcp' }, { mcpPath: '/api/mcp', basePath: '/auth' }, { mcpPath: '/mcp', basePath: '/' }]

t.test('no two things are at one path, wherever the server is', async (t) => {
  for (const place of places) {
    const { mcp, home, ...others } = createPaths(place)
    const all = [home, ...mcp.filter((path) => path !== home), ...Object.values(others)]
    t.equal(new Set(all).size, all.length)
    for (const path of all) t.match(path, /^\/(?:[a-z.-]+(?:\/[a-z.-]+)*\/?)?$/)
  }
})

t.test('everything but what is well known is below the base path, which is that of the endpoint unless it is set', async (t) => {
  const outside = (place: Place, base: string) =>
    Object.values(createPaths(place)).flat().filter((path) => !path.startsWith('/.well-known/') && !`${path}/`.startsWith(base))
  t.same(outside({ mcpPath: '/mcp' }, '/mcp/'), [])
  t.same(outside({ mcpPath: '/api/mcp', basePath: '/auth' }, '/auth/'), ['/api/mcp', '/api/mcp', '/api/mcp/'])
  t.equal(createPaths({ mcpPath: '/mcp', basePath: '/' }).login, '/login')
})

t.test('a server with its origin to itself is one resource at two URLs, any other at one (RFC 9728 §3.1)', async (t) => {
  const wellKnown = `${PUBLIC}/.well-known/oauth-protected-resource`
  t.same(createEndpoints(PUBLIC, '/'), [
    { path: '/', spellings: ['/'], resource: PUBLIC, metadataUrl: wellKnown },
    { path: '/mcp', spellings: ['/mcp', '/mcp/'], resource: `${PUBLIC}/mcp`, metadataUrl: `${wellKnown}/mcp` }
  ])
  t.same(createEndpoints(PUBLIC, '/api/mcp'), [
    { path: '/api/mcp', spellings: ['/api/mcp', '/api/mcp/'], resource: `${PUBLIC}/api/mcp`, metadataUrl: `${wellKnown}/api/mcp` }
  ])
})

t.test('each backend has a callback of its own, whatever its name is made of (RFC 9700 §4.4)', async (t) => {
  for (const [backend, path] of [
    ['oidc', '/login/callback/oidc'],
    ['./my own.ts', '/login/callback/my-own-ts'],
    ['../../x', '/login/callback/x'],
    ['a?b#c', '/login/callback/a-b-c']
  ] as const) {
    t.equal(callbackPath(paths, backend), path)
  }
})

t.test('a page of a sign-in carries the handle, a message the secret, and nothing else', async (t) => {
  t.same(
    Object.values(createSignInPages(paths)).map((page) => page('h')),
    ['/login', '/login/code', '/login/factor', '/login/account', '/account/sign-in/add', '/consent'].map((path) => `${path}?interaction=h`)
  )
  const urls = messageUrls(PUBLIC, paths)
  t.equal(urls.confirm('s'), 'https://mcp.example.com/email/confirm?link=s')
  t.equal(urls.reset('s'), 'https://mcp.example.com/password/reset?link=s')
  t.equal(urls.change('s'), 'https://mcp.example.com/email/change?link=s')
  t.equal(urls.forgot, 'https://mcp.example.com/password/forgot')
})
