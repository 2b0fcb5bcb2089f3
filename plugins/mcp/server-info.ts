// What the server says about itself in `initialize` and server/discover (MCP "Lifecycle").
import type { Implementation } from '@modelcontextprotocol/server'
import * as server from '../../version.ts'
import type { ToolRegistry } from './handlers/tools.ts'

/** @param iconUrl the absolute URL of the server's picture. */
export const serverInfoOf = (mcpUrl: string, iconUrl: string | undefined): Implementation => ({
  name: server.name,
  title: 'MCP OAuth Server',
  version: server.version,
  websiteUrl: mcpUrl,
  ...(iconUrl !== undefined && { icons: [{ src: iconUrl, mimeType: 'image/png', sizes: ['128x128'] }] })
})

/**
 * Clients show the first 512 characters to the model, so what is here and its use come first.
 * @param description what the library holds, in the operator's words.
 * @param leftOut which of its files cannot be read, for example `3 left out: 3 .pdf (password)`.
 */
export function instructionsFor (tools: Pick<ToolRegistry, 'find'>, description?: string, leftOut?: string): string {
  const hasLibrary = tools.find('search') && tools.find('fetch')
  const library = [
    ...(description === undefined ? [] : [`The library holds: ${description}`]),
    LIBRARY,
    ...(leftOut === undefined ? [] : [`Of its files, ${leftOut}: what is in those is not found.`])
  ]
  return [...(hasLibrary ? library : []), ALWAYS].join(' ')
}

const LIBRARY =
  'This server holds a library of documents. To answer from it, call search with the words you look for, then fetch ' +
  'with the id of each result you need in full, and cite the url of what you used.'
const ALWAYS =
  'Each tool says in its description when to use it. ' +
  'If a call is refused, the text of the result says what to change.'
