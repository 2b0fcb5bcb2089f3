// What the server says about itself in `initialize` and server/discover (MCP "Lifecycle").
import type { Implementation } from '@modelcontextprotocol/server'
import * as server from '../../version.ts'
import type { Identity } from '../identity.ts'
import type { McpOptions } from './contract.ts'

/** `name` is the program, `title` what the operator calls the server. */
export const serverInfoOf = (
  { mcpUrl, iconUrl }: Pick<McpOptions, 'mcpUrl' | 'iconUrl'>,
  { name, icon }: Pick<Identity, 'name' | 'icon'>
): Implementation => ({
  name: server.name,
  title: name,
  version: server.version,
  websiteUrl: mcpUrl,
  icons: [{ src: iconUrl, mimeType: icon.type, sizes: [icon.sizes] }]
})

/**
 * Clients show the first 512 characters to the model, so the operator's own words come first, then what is here and its use.
 * @param find whether the caller may use a tool.
 * @param own the operator's words; they stand in a paragraph of their own.
 * @param description what the library holds, in the operator's words.
 * @param leftOut which of its files cannot be read, for example `3 left out: 3 .pdf (password)`.
 */
export function instructionsFor (
  find: (tool: string) => unknown,
  own?: string,
  description?: string,
  leftOut?: string
): string {
  const hasLibrary = find('search') && find('fetch')
  const library = [
    ...(description === undefined ? [] : [`The library holds: ${description}`]),
    LIBRARY,
    ...(leftOut === undefined ? [] : [`Of its files, ${leftOut}: what is in those is not found.`])
  ]
  const generated = [...(hasLibrary ? library : []), ALWAYS].join(' ')
  return own === undefined ? generated : `${own}\n\n${generated}`
}

const LIBRARY =
  'This server holds a library of documents. To answer from it, call search with the words you look for, then fetch ' +
  'with the id of each result you need in full, and cite the url of what you used.'
const ALWAYS =
  'Each tool says in its description when to use it. ' +
  'If a call is refused, the text of the result says what to change.'
