// What pages and clients show: the stylesheet and the server's picture.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { mcpClient } from '../helpers/mcp.ts'
import { startServer } from '../helpers/server.ts'
import { folder } from '../helpers/tool-context.ts'

t.test(
  'F2, F8: the picture of the server is a PNG of 128 × 128, and the server says where it is in both eras',
  async (t) => {
    const { url } = await startServer(t, { env: { AUTH_BACKEND: 'none' } })
    const response = await fetch(`${url}/icon.png`)
    t.strictSame(
      [response.status, response.headers.get('content-type'), response.headers.get('cache-control')],
      [200, 'image/png', 'public, max-age=86400']
    )
    const bytes = Buffer.from(await response.arrayBuffer())
    t.strictSame([bytes.toString('latin1', 1, 4), bytes.readUInt32BE(16), bytes.readUInt32BE(20)], ['PNG', 128, 128])
    t.ok(bytes.length < 20_000)
    const icons = [{ src: `${url}/icon.png`, mimeType: 'image/png', sizes: ['128x128'] }]
    const { legacy, modern } = mcpClient(url)
    t.match((await modern('server/discover')).json.result._meta, { 'io.modelcontextprotocol/serverInfo': { icons } })
    t.match(
      (
        await legacy('initialize', {
          protocolVersion: '2025-11-25',
          capabilities: {},
          clientInfo: { name: 'x', version: '1' }
        })
      ).json.result.serverInfo,
      { icons }
    )
  }
)

t.test('what is kept for a year is named by its content, and a picture that somebody drew could run nothing (WR-02)', async (t) => {
  const logo = join(await folder(t), 'logo.svg')
  await writeFile(logo, '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8"/></svg>')
  const { app, url } = await startServer(t, { env: { AUTH_BACKEND: 'local', SERVER_LOGO: logo } })
  const host = new URL(url).host
  const headersOf = async (path: string, names: readonly string[]) => {
    const { statusCode, headers } = await app.inject({ url: path, headers: { host } })
    return [statusCode, ...names.map((name) => headers[name])]
  }
  const kept = 'public, max-age=31536000, immutable'
  t.same(await headersOf(app.paths.style, ['content-type', 'cache-control']), [200, 'text/css; charset=utf-8', kept])
  t.ok(app.scripts.all.length > 0)
  for (const script of app.scripts.all) {
    t.match(script.url, /\?v=[\w-]+$/)
    t.same(
      await headersOf(script.url, ['content-type', 'cache-control', 'x-content-type-options']),
      [200, 'text/javascript; charset=utf-8', kept, 'nosniff']
    )
  }
  t.same(
    await headersOf(
      app.paths.vectorIcon,
      ['content-type', 'cache-control', 'content-security-policy', 'x-content-type-options', 'cross-origin-resource-policy']
    ),
    [200, 'image/svg+xml', 'public, max-age=86400', "default-src 'none'; style-src 'unsafe-inline'; sandbox", 'nosniff', 'cross-origin']
  )
})
