// The version of this server as package.json has it: for clients, metrics, traces and backups.
import manifest from './package.json' with { type: 'json' }

export const name = 'mcp-oauth-server'
export const { version } = manifest
