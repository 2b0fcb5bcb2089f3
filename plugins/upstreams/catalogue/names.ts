// The name under which clients see a tool or prompt of an upstream: its prefix and its own name, made to fit what every
// client takes (MCP "Tool Names"; the APIs of OpenAI and Anthropic take 64 characters).
import { hash } from 'node:crypto'

const MAX_LENGTH = 64
const HASH_LENGTH = 8

/**
 * @returns the same for the same text, always. What does not fit is replaced by `_`; where that loses too much (other
 * scripts, a long name), a piece of the text's hash keeps names apart.
 */
export function fitName (text: string): string {
  const fitting = text.replaceAll(/[^A-Za-z0-9_-]/gu, '_')
  // eslint-disable-next-line no-control-regex
  if (fitting.length <= MAX_LENGTH && /^[\x00-\x7f]*$/.test(text)) return fitting
  return `${fitting.slice(0, MAX_LENGTH - HASH_LENGTH - 1)}_${hash('sha256', text, 'hex').slice(0, HASH_LENGTH)}`
}

/** Names that every JavaScript object knows, such as `constructor`: a client that keeps tools in one would find these. */
export const isInherited = (name: string): boolean => name in Object.prototype
