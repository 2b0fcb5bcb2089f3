// What pages and clients show: the stylesheet and the server's picture.
import t from 'tap'
import { mcpClient } from '../helpers/mcp.ts'
import { startServer } from '../helpers/server.ts'

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
