// Which spellings of `resource` mean this server, and which do not (RFC 8707 §2).
import t from 'tap'
import { checkResource } from '../../../plugins/oauth/resource-indicator.ts'

t.test('every spelling of the address is the one resource, and nothing else is', async (t) => {
  const own = 'https://mcp.example.com'
  const resources = [own, `${own}/mcp`]
  for (const asked of [own, `${own}/`, `${own}/mcp`, `${own}/mcp/`, 'HTTPS://MCP.Example.com/mcp', `${own}:443`, `${own}:443/mcp/`]) {
    t.equal(checkResource([asked], resources), own, asked)
  }
  t.equal(checkResource([], resources), own, 'the only one there is')
  for (const asked of [`${own}:8443`, `${own}:80`, `${own}:4430`, `${own}/MCP`, `${own}//`, `${own}/mcp//`, `${own}/mcp?x=1`, `${own}#x`, 'mcp.example.com', 'https://x@mcp.example.com', 'https://mcp.example.com.evil.example']) {
    t.throws(() => checkResource([asked], resources), { code: 'invalid_target' }, asked)
    t.throws(() => checkResource([own, asked], resources), { code: 'invalid_target' })
  }
  t.equal(checkResource(['http://localhost:80/'], ['http://localhost']), 'http://localhost', 'http has a default port, too')
})
