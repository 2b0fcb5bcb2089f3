// Fills messages of the ICU format: plain, or as HTML with the few tags that a message may have.
// Tested in test/languages/fill.test.ts.
import { createRequire } from 'node:module'
import type { IntlMessageFormat } from 'intl-messageformat'
import type { Language, Values } from './contract.ts'

type Parts = string[]
type Tags = Record<string, (parts: Parts) => string>

const require = createRequire(import.meta.url)
/** Most messages are said as they are. */
const IS_PLAIN = /^[^{<']*$/
const compiled = new Map<string, IntlMessageFormat>()

function compile (language: Language, message: string): IntlMessageFormat {
  const id = `${language} ${message}`
  const known = compiled.get(id)
  if (known) return known
  // Loaded with the first message that has a value: a start has none.
  const { IntlMessageFormat } = require('intl-messageformat') as typeof import('intl-messageformat')
  const format = new IntlMessageFormat(message, language)
  compiled.set(id, format)
  return format
}

export const fillText = (language: Language, message: string, values: Values = {}): string =>
  IS_PLAIN.test(message) ? message : String(compile(language, message).format(values as Record<string, string | number>))

const TAGS: Tags = {
  strong: (parts) => `<strong>${parts.join('')}</strong>`,
  code: (parts) => `<code>${parts.join('')}</code>`,
  host: (parts) => `<bdi class="host" translate="no">${parts.join('')}</bdi>`,
  time: (parts) => `<time>${parts.join('')}</time>`
}

/** The words of a message are ours; whatever stands in its braces is not. */
export function fillHtml (language: Language, message: string, values: Values = {}): string {
  if (IS_PLAIN.test(message)) return message
  const safe = Object.entries(values).map(([name, value]) => [name, safeValue(value)] as const)
  return String(compile(language, message).format({ ...TAGS, ...Object.fromEntries(safe) }))
}

function safeValue (value: Values[string]): string | number | Tags[string] {
  if (typeof value === 'number') return value
  if (typeof value === 'string') return `<bdi>${escapeHtml(value)}</bdi>`
  const href = escapeHtml(value.href)
  return (parts) => `<a href="${href}">${parts.join('')}</a>`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!)
