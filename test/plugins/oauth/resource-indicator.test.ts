// Which values of `resource` mean this server (RFC 8707).
import t from 'tap'
import { checkResource } from '../../../plugins/oauth/resource-indicator.ts'

const OURS = ['https://mcp.example.com', 'https://mcp.example.com/mcp']

t.test('every spelling that clients send is the one audience', async (t) => {
  for (const asked of [
    [],
    ['https://mcp.example.com'],
    ['https://mcp.example.com/'],
    ['https://mcp.example.com/mcp'],
    ['https://mcp.example.com/mcp/'],
    ['https://MCP.example.com'],
    ['https://mcp.example.com:443'],
    ['https://mcp.example.com:443/mcp/'],
    ['HTTPS://mcp.example.com/mcp'],
    ['https://mcp.example.com/', 'https://mcp.example.com/mcp']
  ]) {
    t.equal(checkResource(asked, OURS), OURS[0], asked.join(' '))
  }
})

t.test('anything else is refused, also beside a right one', async (t) => {
  for (const asked of [
    '',
    'mcp.example.com',
    'https://evil.example',
    'https://mcp.example.com.evil.example',
    'https://mcp.example.com@evil.example/',
    'https://ann@mcp.example.com/',
    'http://mcp.example.com/',
    'https://mcp.example.com:8443/',
    'https://mcp.example.com:80',
    'https://mcp.example.com:4430',
    'https://mcp.example.com//',
    'https://mcp.example.com/MCP',
    'https://mcp.example.com/mcp/tools',
    'https://mcp.example.com/?a',
    'https://mcp.example.com/#a',
    'https://mcp.example.com/x/../mcp',
    'https:mcp.example.com'
  ]) {
    for (const all of [[asked], [OURS[0]!, asked]]) {
      t.throws(() => checkResource(all, OURS), { code: 'invalid_target', statusCode: 400, message: /mcp\.example\.com only/ }, asked)
    }
  }
})
