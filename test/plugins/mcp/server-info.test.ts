// What the server says about itself.
import t from 'tap'
import { instructionsFor, serverInfoOf } from '../../../plugins/mcp/server-info.ts'

t.test('the picture is named where there is one, and the library where its tools are', async (t) => {
  t.notOk('icons' in serverInfoOf('https://mcp.example.com', undefined))
  t.match(serverInfoOf('https://mcp.example.com', 'https://mcp.example.com/icon.png'), {
    websiteUrl: 'https://mcp.example.com',
    icons: [{ src: 'https://mcp.example.com/icon.png', mimeType: 'image/png' }]
  })
  t.match(instructionsFor({ find: () => ({}) as never }), /library of documents.*call search.*Each tool says/)
  t.match(
    instructionsFor({ find: () => ({}) as never }, 'The staff handbook.', '3 left out: 3 .pdf (password)'),
    /^The library holds: The staff handbook\. This server.*Of its files, 3 left out: 3 \.pdf \(password\): what is in those is not found\. Each tool/
  )
  t.notMatch(instructionsFor({ find: (name) => (name === 'search' ? ({} as never) : undefined) }), /library/)
})
