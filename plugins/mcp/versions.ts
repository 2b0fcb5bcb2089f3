// The protocol versions this server speaks, newest first (MCP "Versioning").
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/server'

/** The SDK names only those of the `initialize` era. */
export const protocolVersions: readonly string[] = ['2026-07-28', ...SUPPORTED_PROTOCOL_VERSIONS]
