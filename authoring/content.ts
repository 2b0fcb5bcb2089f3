// What can be shown besides data: text, pictures, sound, links and documents, in a tool's result or a prompt (MCP "Tool
// Result": content types).
import type {
  AudioContent,
  ContentBlock,
  EmbeddedResource,
  ImageContent,
  ResourceLink,
  TextContent
} from '@modelcontextprotocol/server'

export type { ContentBlock }

export const text = (text: string): TextContent => ({ type: 'text', text })

/** @param mimeType for example `image/png`. */
export const image = (data: Uint8Array, mimeType: string): ImageContent => ({
  type: 'image',
  data: base64(data),
  mimeType
})

/** @param mimeType for example `audio/wav`. */
export const audio = (data: Uint8Array, mimeType: string): AudioContent => ({
  type: 'audio',
  data: base64(data),
  mimeType
})

/** Points to a resource that the client can read if it wants to. */
export const link = (resource: Omit<ResourceLink, 'type'>): ResourceLink => ({ type: 'resource_link', ...resource })

/** Hands a resource over whole: its text, or its bytes. */
export const embed = (
  resource: { uri: string; mimeType?: string } & ({ text: string } | { data: Uint8Array })
): EmbeddedResource => ({ type: 'resource', resource: contents(resource) })

/** The wire form of text or bytes under a URI (MCP "Resource Contents"). */
export function contents ({
  uri,
  mimeType,
  ...content
}: { uri: string; mimeType?: string } & ({ text: string } | { data: Uint8Array })) {
  const about = { uri, ...(mimeType !== undefined && { mimeType }) }
  return 'text' in content ? { ...about, text: content.text } : { ...about, blob: base64(content.data) }
}

const base64 = (data: Uint8Array): string =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')
