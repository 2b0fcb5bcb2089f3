// The protocol versions this server speaks, newest first (MCP "Versioning").
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/server'

/** The first version without `initialize`: each request says in its envelope what earlier ones agreed on once. */
export const MODERN_VERSION = '2026-07-28'

/** The SDK names only those of the `initialize` era. */
export const protocolVersions: readonly string[] = [MODERN_VERSION, ...SUPPORTED_PROTOCOL_VERSIONS]
