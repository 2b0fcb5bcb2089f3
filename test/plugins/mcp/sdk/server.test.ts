// What clients read in discovery, `initialize` and the lists, in both protocol eras.
import t from 'tap'
import { annotations } from '../../../helpers/mcp-endpoint-tools.ts'
import { MODERN, PUBLIC, start } from '../../../helpers/mcp-endpoint.ts'

t.test('discovery and lists carry what clients read', async (t) => {
  const { eras, modern, legacy } = await start(t)
  for (const [era, request] of eras) {
    const {
      json: { result }
    } = await request('tools/list')
    const search = result.tools.find(({ name }: { name: string }) => name === 'search')
    const schemes = [{ type: 'oauth2', scopes: ['mcp:read'] }]
    t.match(
      search,
      {
        title: 'Search',
        annotations,
        securitySchemes: schemes,
        _meta: { securitySchemes: schemes },
        inputSchema: { type: 'object', additionalProperties: false, required: ['query'] },
        outputSchema: { type: 'object' }
      },
      era
    )
    const { json: called } = await request('tools/call', { name: 'search', arguments: { query: 'words' } })
    t.strictSame(JSON.parse(called.result.content[0].text), called.result.structuredContent)
    t.strictSame(
      called.result.structuredContent,
      { results: [{ id: 'a.md', title: 'words', url: `${PUBLIC}/a` }] },
      'what the schema does not name is left out'
    )
    if (era === 'modern') {
      t.match(result, { resultType: 'complete', ttlMs: 300_000, cacheScope: 'private' })
      t.match(called.result, {
        resultType: 'complete',
        _meta: { 'io.modelcontextprotocol/serverInfo': { websiteUrl: PUBLIC } }
      })
    }
  }
  const {
    json: { result: found }
  } = await modern('server/discover')
  t.match(found, {
    supportedVersions: [MODERN],
    capabilities: { tools: {} },
    ttlMs: 300_000,
    cacheScope: 'private',
    resultType: 'complete'
  })
  t.match(found.instructions.slice(0, 512), /search.*fetch/)
  for (const version of ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']) {
    const { json } = await legacy('initialize', {
      protocolVersion: version,
      capabilities: {},
      clientInfo: { name: 'x', version: '1' }
    })
    t.match(
      json.result,
      {
        protocolVersion: version,
        serverInfo: { name: 'mcp-oauth-server', title: String, version: String, websiteUrl: PUBLIC }
      },
      'G1'
    )
  }
  t.equal(
    (
      await legacy('initialize', {
        protocolVersion: '2099-01-01',
        capabilities: {},
        clientInfo: { name: 'x', version: '1' }
      })
    ).json.result.protocolVersion,
    '2025-11-25'
  )
  t.strictSame((await legacy('ping')).json.result, {}, 'G7')
})
