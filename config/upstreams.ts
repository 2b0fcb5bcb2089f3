// What mcp.json says of each existing MCP server, checked, with every default filled in.
// Types only; mcp-json/ reads the file.
import type { ToolAnnotations } from '@modelcontextprotocol/server'
import type { ToolScope } from '../authoring/context.ts'

/** Whom an upstream is told about: nobody, by `X-Forwarded-*` headers, or by a signed token. */
export type UpstreamIdentity = 'none' | 'headers' | 'token'

/** A program that is started and spoken to over its standard input and output. */
export interface CommandTarget {
  kind: 'command'
  command: string
  args: readonly string[]
  /** What it gets besides PATH and HOME. */
  env: Readonly<Record<string, string>>
  /** Absolute path. */
  cwd: string
  /** One process for everybody, or one for each person. */
  process: 'shared' | 'per-user'
  /** Seconds without a request after which a process ends. */
  idleSeconds: number
}

/** A server that is there already. */
export interface HttpTarget {
  kind: 'http'
  url: string
  /** Lower case names. */
  headers: Readonly<Record<string, string>>
}

/** One entry of `mcpServers`, with every default filled in. */
export interface UpstreamSettings {
  /** Its key in the file: letters, digits, `_` and `-`. */
  name: string
  target: CommandTarget | HttpTarget
  /** Before the names of its tools and prompts. Empty only where it is the only upstream. */
  prefix: string
  /** Patterns over the upstream's own names of its tools: `*` is any text. Everything is allowed without `allow`. */
  allow?: readonly string[] | undefined
  deny: readonly string[]
  /** By patterns over its own names: what an upstream leaves out or says wrongly. The last that fits counts. */
  annotations: ReadonlyArray<readonly [pattern: string, annotations: ToolAnnotations]>
  scopes: ReadonlyArray<readonly [pattern: string, scopes: readonly ToolScope[]]>
  identity: UpstreamIdentity
  /** Milliseconds that a request may take. */
  timeoutMs: number
  /** What only the upstream may see: values from the environment, of `env`, of `headers` and in the URL. Never shown. */
  secrets: readonly string[]
}

export type ReadUpstreams = { upstreams: readonly UpstreamSettings[] } | { problems: string[] }
