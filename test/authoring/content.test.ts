// Content blocks in the form that travels (MCP "Tool Result").
import t from 'tap'
import { audio, contents, embed, image, link, text } from '../../authoring/content.ts'

t.test('each kind has its wire form, and bytes travel as base64', (t) => {
  const bytes = new Uint8Array([0, 1, 2, 3]).subarray(1)
  t.same(text('a'), { type: 'text', text: 'a' })
  t.same(image(bytes, 'image/png'), { type: 'image', data: 'AQID', mimeType: 'image/png' })
  t.same(audio(bytes, 'audio/wav'), { type: 'audio', data: 'AQID', mimeType: 'audio/wav' })
  t.same(link({ uri: 'a://b', name: 'n' }), { type: 'resource_link', uri: 'a://b', name: 'n' })
  t.same(embed({ uri: 'a://b', text: 'x' }), { type: 'resource', resource: { uri: 'a://b', text: 'x' } })
  t.same(contents({ uri: 'a://b', mimeType: 'x/y', data: bytes }), { uri: 'a://b', mimeType: 'x/y', blob: 'AQID' })
  t.end()
})
