// The version of this server as package.json has it: for clients, metrics, traces and backups.
// Tested in test/plugins/mcp/server-info.test.ts.
import manifest from './package.json' with { type: 'json' }

export const name = 'mcp-oauth-server'
export const { version } = manifest
