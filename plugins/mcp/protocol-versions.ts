// The protocol versions this server speaks, newest first, and what sets them apart (MCP "Versioning").
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/server'

/** The first version without `initialize`: each request says in its envelope what earlier ones agreed on once. */
export const MODERN_VERSION = '2026-07-28'

/** The SDK names only those of the `initialize` era. */
export const protocolVersions: readonly string[] = [MODERN_VERSION, ...SUPPORTED_PROTOCOL_VERSIONS]

/** The only version with batches: 2025-06-18 removed them, and earlier clients do not name theirs in the header. */
export const hasBatches = (version: string | undefined): boolean => version === '2025-03-26'

/** Clients of earlier versions cannot read a server-sent event without data (MCP 2025-11-25 "Resumability"). */
export const knowsEmptyEvents = (version: string): boolean => version >= '2025-11-25'
