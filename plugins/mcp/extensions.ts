// Which extensions the server declares in `initialize` and server/discover
// (MCP "Extensions").
// Tested in test/routes/token/client-credentials.test.ts.
import type { ServerCapabilities } from '@modelcontextprotocol/server'
import type { Clients } from '../oauth/clients/index.ts'

/**
 * A server may advertise that it takes client credentials: here, where some client
 * may use them (modelcontextprotocol.io "OAuth Client Credentials", For MCP servers).
 * @returns undefined for none.
 */
export const extensionsOf = (
  { grantTypes }: Pick<Clients, 'grantTypes'>
): ServerCapabilities['extensions'] =>
  grantTypes.includes('client_credentials')
    ? { 'io.modelcontextprotocol/oauth-client-credentials': {} }
    : undefined
