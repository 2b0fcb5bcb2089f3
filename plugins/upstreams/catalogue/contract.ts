// The lists of an upstream: what this server believes of them, and how much. This room owns reading them within bounds,
// the names under which clients see them, and what was seen last; it hands on a Catalogue and lines for the operator.
// Types and numbers.
import type { Prompt, ResourceTemplateType, Tool } from '@modelcontextprotocol/client'

/** Where the operator reads what was left out and what has changed. */
export interface Log {
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

/**
 * What an upstream says, under its own names and before settings correct it. Stored in this
 * form.
 */
export interface OwnLists {
  tools: readonly Tool[]
  prompts: readonly Prompt[]
  templates: readonly ResourceTemplateType[]
  hasResources: boolean
  instructions?: string | undefined
  uris: readonly string[]
}

/** What has changed in the lists of an upstream since they were last seen. */
export interface Change {
  /** Seconds since the epoch. */
  at: number
  upstream: string
  /**
   * The upstream's own name of a tool, or of a prompt. Without both it is about the upstream
   * itself.
   */
  tool?: string
  prompt?: string
  what: 'description' | 'schema' | 'annotations' | 'title' | 'instructions' | 'added' | 'removed'
  /**
   * Texts around the first difference, shortened. As the upstream wrote them: not safe to
   * print as they are.
   */
  before?: string
  after?: string
  /** A call needs `mcp:read` now and needed `mcp:write` before. */
  needsLess?: true
}

export const MAX_TOOLS = 1_000
export const MAX_PROMPTS = 500
export const MAX_TEMPLATES = 200
export const MAX_URIS = 1_000
/** Of one list. */
export const MAX_PAGES = 100
/** Entries of one list that are looked at, also those that are left out. */
export const MAX_LOOKED_AT = 10_000

/**
 * Characters, as all lengths here: a name of its own, a title, a description, a URI, a cursor.
 */
export const MAX_NAME = 256
export const MAX_TITLE = 256
export const MAX_DESCRIPTION = 8_000
export const MAX_INSTRUCTIONS = 4_000
export const MAX_URI = 2_048
export const MAX_CURSOR = 4_096
/** Of one entry with its schemas, and of all that is kept of one upstream. */
export const MAX_ENTRY = 128 * 1024
export const MAX_CATALOGUE = 2 * 1024 * 1024
export const MAX_META = 16 * 1024
export const MAX_ICONS = 8
export const MAX_ICON = 16 * 1024
export const MAX_ARGUMENTS = 100
/** Levels of JSON: as many as a message to this server may have. */
export const MAX_DEPTH = 64
