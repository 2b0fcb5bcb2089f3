// What the server says about itself.
import t from 'tap'
import { toDisplayName } from '../../../plugins/display-name.ts'
import { instructionsFor, serverInfoOf } from '../../../plugins/mcp/server-info.ts'
import { version } from '../../../version.ts'

t.test('the server says its name and picture, then the words of the operator, then the library where its tools are', async (t) => {
  const urls = { mcpUrl: 'https://mcp.example.com', iconUrl: 'https://mcp.example.com/icon.svg' }
  const icon = { body: Buffer.of(), type: 'image/svg+xml', sizes: 'any', hash: '' } as const
  t.same(serverInfoOf(urls, { name: toDisplayName('Acme Docs', ''), icon }), {
    name: 'mcp-oauth-server',
    title: 'Acme Docs',
    version,
    websiteUrl: 'https://mcp.example.com',
    icons: [{ src: 'https://mcp.example.com/icon.svg', mimeType: 'image/svg+xml', sizes: ['any'] }]
  })
  t.match(instructionsFor(() => true), /^This server holds a library of documents.*call search.*Each tool says/)
  t.match(
    instructionsFor(() => true, undefined, 'The staff handbook.', '3 left out: 3 .pdf (password)'),
    /^The library holds: The staff handbook\. This server.*Of its files, 3 left out: 3 \.pdf \(password\): what is in those is not found\. Each tool/
  )
  t.match(instructionsFor(() => false, 'Answer in French.\nBe brief.'), /^Answer in French\.\nBe brief\.\n\nEach tool says/)
  t.notMatch(instructionsFor((name) => name === 'search'), /library/)
})
